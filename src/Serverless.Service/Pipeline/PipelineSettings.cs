using System.Collections.Immutable;
using Serverless.Service.Network;
using Serverless.Service.Pipeline.FineTuning.Teaching;
using Serverless.Service.Pipeline.Webhooks;

namespace Serverless.Service.Pipeline;

/// <summary>How the pipeline works; the same names in every head.</summary>
public sealed record PipelineSettings
{
    /// <summary>How many jobs train at a time on this deployment; on one machine, one.</summary>
    public int TrainingSlots { get; init; } = 1;

    /// <summary>The time between two commits of a training chunk: what a killed process loses at most.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How many optimiser steps a chunk takes at most; null: as many as its time allows.</summary>
    public int? ChunkSteps { get; init; }

    /// <summary>How many checkpoints of ends of epochs are kept, besides the newest ones.</summary>
    public int KeepCheckpoints { get; init; } = 3;

    /// <summary>The number of steps from one metrics event to the next.</summary>
    public int MetricsEventSteps { get; init; } = 10;

    /// <summary>How often a running activity reads what the job's owner wishes.</summary>
    public TimeSpan WishInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How many examples of the validation file are looked at after each epoch, at most; never more than the epoch has itself.</summary>
    public int ValidatedExamples { get; init; } = 200;

    /// <summary>How many examples of the validation file are answered by both models; their loss is computed on all.</summary>
    public int EvaluatedAnswers { get; init; } = 1000;

    /// <summary>The most tokens of such an answer.</summary>
    public int EvaluatedAnswerTokens { get; init; } = 256;

    /// <summary>The name of the deployment in the names of published models.</summary>
    public string Organization { get; init; } = "local";

    /// <summary>Servers of others whose models can teach, by name.</summary>
    public ImmutableArray<TeacherEndpoint> Teachers { get; init; } = [];

    /// <summary>How often and when a teacher, or a model that grades, is asked again before a job that cannot do without it fails: for about a quarter of an hour.</summary>
    public RetrySchedule TeacherPatience { get; init; } = new(20, TimeSpan.FromSeconds(2), 2, TimeSpan.FromMinutes(1));

    /// <summary>The base whose tokenizer counts the tokens of incoming files, if the catalog has it.</summary>
    public string IntakeModel { get; init; } = "sample-8m";

    /// <summary>
    /// How many bytes of memory a base may take that nobody uses and that stays for the next job: what a job needs of memory is estimated with its own base
    /// and without that of another, which leaves before. 0 keeps those only whose weights are pages of their files.
    /// </summary>
    public long IdleBaseBytes { get; init; } = 1L << 30;

    /// <summary>How long it stays.</summary>
    public TimeSpan IdleBaseTime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>What computing costs, for estimates and budgets.</summary>
    public PriceTable Prices { get; init; } = new();

    /// <summary>Who is told when jobs end.</summary>
    public ImmutableArray<WebhookEndpoint> Webhooks { get; init; } = [];

    /// <summary>What of the networks that are not public may be called: by webhooks and to reach teachers.</summary>
    public AllowedNetworks AllowedNetworks { get; init; } = AllowedNetworks.None;

    /// <summary>How long a dry run counts tokens; what it has not read by then it estimates.</summary>
    public TimeSpan DryRunTime { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Where models and work in progress lie on this machine; nothing in it needs to survive.</summary>
    public string WorkFolder { get; init; } = Path.Combine(Path.GetTempPath(), "serverless");

    /// <exception cref="ArgumentException">A value is out of its range; the message lists all of them.</exception>
    public void Validate()
    {
        var faults = new List<string>();
        Check(TrainingSlots >= 1, nameof(TrainingSlots), TrainingSlots, "1 or more");
        Check(CheckpointInterval > TimeSpan.Zero, nameof(CheckpointInterval), CheckpointInterval, "more than 0");
        Check(ChunkSteps is null or >= 1, nameof(ChunkSteps), ChunkSteps ?? 0, "1 or more");
        Check(KeepCheckpoints >= 1, nameof(KeepCheckpoints), KeepCheckpoints, "1 or more");
        Check(MetricsEventSteps >= 1, nameof(MetricsEventSteps), MetricsEventSteps, "1 or more");
        Check(WishInterval > TimeSpan.Zero, nameof(WishInterval), WishInterval, "more than 0");
        Check(ValidatedExamples >= 0, nameof(ValidatedExamples), ValidatedExamples, "0 or more");
        Check(EvaluatedAnswers >= 0, nameof(EvaluatedAnswers), EvaluatedAnswers, "0 or more");
        Check(IdleBaseBytes >= 0, nameof(IdleBaseBytes), IdleBaseBytes, "0 or more");
        Check(IdleBaseTime > TimeSpan.Zero, nameof(IdleBaseTime), IdleBaseTime, "more than 0");
        Check(EvaluatedAnswerTokens >= 1, nameof(EvaluatedAnswerTokens), EvaluatedAnswerTokens, "1 or more");
        Check(
            Organization.Length is >= 1 and <= 64 && !Organization.Contains(':'), nameof(Organization), Organization, "1 to 64 characters, no colon");
        Check(Prices.PerGbSecond >= 0, "Prices.PerGbSecond", Prices.PerGbSecond, "0 or more");
        Check(Prices.InstanceMemoryMB >= 1, "Prices.InstanceMemoryMB", Prices.InstanceMemoryMB, "1 or more");
        Check(Prices.Currency.Length > 0, "Prices.Currency", Prices.Currency, "the code of a currency");
        Check(DryRunTime > TimeSpan.Zero, nameof(DryRunTime), DryRunTime, "more than 0");
        Check(Path.IsPathFullyQualified(WorkFolder), nameof(WorkFolder), WorkFolder, "an absolute path");
        if (faults.Count > 0)
            throw new ArgumentException($"pipeline settings: {string.Join("; ", faults)}");

        void Check(bool holds, string name, object found, string allowed)
        {
            if (!holds)
                faults.Add($"{name}: found {found}; allowed: {allowed}");
        }
    }
}
