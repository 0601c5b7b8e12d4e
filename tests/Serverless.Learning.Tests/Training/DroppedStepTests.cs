using System.Security.Cryptography;
using Serverless.Learning.Adapters;
using Serverless.Learning.Data;
using Serverless.Learning.Models;
using Serverless.Learning.Reinforcement;
using Serverless.Learning.Training;
using TorchSharp;

namespace Serverless.Learning.Tests.Training;

/// <summary>Steps that are dropped between two of their micro-batches, and taken again by the same trainer or by another one.</summary>
public sealed class DroppedStepTests(LoadedTinyModel tiny) : IClassFixture<LoadedTinyModel>
{
    private static readonly PolicyOptions s_policy = new() { GroupSize = 32, MaxAnswerTokens = 8, UpdatesPerRollout = 2, Beta = 0.05 };

    [Theory]
    [InlineData("supervised", AdapterKind.Lora)]
    [InlineData("supervised", AdapterKind.Full)]
    [InlineData("supervised with replay", AdapterKind.Lora)]
    [InlineData("preferences", AdapterKind.Lora)]
    [InlineData("reinforcement", AdapterKind.Lora)]
    [InlineData("reinforcement", AdapterKind.Full)]
    public void A_step_that_is_dropped_anywhere_leaves_nothing_and_the_run_ends_as_an_unbroken_one(string method, AdapterKind kind)
    {
        var (steps, checkpoint) = Undisturbed(method, kind);
        var folder = Fresh();
        var drops = new Drops();
        var stored = new List<RolloutBatch>();
        var trainer = Start(method, kind, drops);
        try
        {
            foreach (var expected in steps)
            {
                Roll(trainer, stored);
                trainer.Save(folder);
                var (before, done) = (HashesOf(folder), (trainer.Step, trainer.TrainedTokens));
                var parts = expected.Parts;
                Assert.True(parts > 1, $"step {expected.Metrics.Step} has {parts} micro-batches");
                // None of its parts, its first one, or all but the last were done.
                foreach (var after in new[] { 0, 1, parts - 1 }.Distinct())
                {
                    Assert.Throws<OperationCanceledException>(() => trainer.TrainStep(drops.After(after)));
                    Assert.Equal(done, (trainer.Step, trainer.TrainedTokens));
                    trainer.Save(folder);
                    Assert.Equal(before, HashesOf(folder));
                }
                if (expected.Metrics.Step % 2 == 0)
                {
                    trainer.Dispose();
                    trainer = Start(method, kind, drops);
                    trainer.Restore(folder);
                    Roll(trainer, stored);
                }
                // One that is asked for in the last part comes too late for this step.
                AssertSame(expected.Metrics, trainer.TrainStep(drops.After(parts)));
            }
            trainer.Save(folder);
        }
        finally
        {
            trainer.Dispose();
        }
        Assert.Equal(checkpoint, HashesOf(folder));
    }

    [Theory]
    [InlineData(1)] // what is interrupted is scoring by the reference
    [InlineData(2)] // by the policy itself
    public void Answers_whose_scoring_is_interrupted_are_drawn_again_from_the_same_weights(int updates)
    {
        var drops = new Drops();
        var options = Options(AdapterKind.Full) with { Policy = s_policy with { UpdatesPerRollout = updates } };
        using var trainer = new Trainer(tiny.Load(), Policy(drops.Part), options);
        var folder = Fresh();
        trainer.Save(folder);
        var before = HashesOf(folder);
        var whole = trainer.Roll(trainer.NextRollout!, default);

        Assert.Throws<OperationCanceledException>(() => trainer.Roll(trainer.NextRollout!, drops.After(whole.Rollouts.Count)));

        trainer.Save(folder);
        Assert.Equal(before, HashesOf(folder));
        var again = trainer.Roll(trainer.NextRollout!, default);
        Assert.Equal(whole.Rollouts.Select(answer => answer.Ids), again.Rollouts.Select(answer => answer.Ids));
        Assert.Equal(whole.Rollouts.Select(answer => answer.LogProbabilities), again.Rollouts.Select(answer => answer.LogProbabilities));
        Assert.Equal(whole.Rollouts.Select(answer => answer.ReferenceLogProbabilities), again.Rollouts.Select(answer => answer.ReferenceLogProbabilities));
    }

    [Fact]
    public void A_merged_model_whose_writing_is_interrupted_leaves_no_folder()
    {
        using var trainer = Start("supervised", AdapterKind.Full, new Drops());
        var parent = Directory.CreateDirectory(Fresh()).FullName;
        Assert.Throws<OperationCanceledException>(() => trainer.ExportMerged(Path.Combine(parent, "model"), cancellation: new CancellationToken(true)));
        Assert.Empty(Directory.EnumerateFileSystemEntries(parent));
    }

    private static TrainingOptions Options(AdapterKind kind) => new()
    {
        Adapter = new AdapterOptions { Kind = kind, Rank = 4, Alpha = 8, Dropout = kind == AdapterKind.Lora ? 0.1 : 0 },
        Epochs = 1, BatchSize = 192, LearningRate = 1e-2, MaxSequenceLength = 128, Seed = 1, GradientCheckpointing = kind == AdapterKind.Full,
    };

    /// <summary>Several micro-batches a step, each of which has 4,096 tokens at most.</summary>
    private Trainer Start(string method, AdapterKind kind, Drops drops)
    {
        var model = tiny.Load();
        var options = Options(kind);
        TrainingTask task;
        switch (method)
        {
            case "supervised":
                task = new SupervisedTask(LoadedTinyModel.Sequences(model, 384), []);
                break;
            case "supervised with replay":
                var texts = Enumerable.Range(0, 120).Select(index => model.Chat.EncodeText($"Day {index} of the journey: {index * 7 % 13} ships and {index * 5 % 11} birds."));
                task = new ReplayTask(new SupervisedTask(LoadedTinyModel.Sequences(model, 384), []), [.. texts], 0.2);
                break;
            case "preferences":
                List<PreferencePair> pairs = [.. LoadedTinyModel.Sequences(model, 384).Chunk(2).Select(pair => new PreferencePair(pair[0], pair[1]))];
                task = new PreferenceTask(pairs, [], [.. pairs.Select(_ => new PairScore(-3, -2.5))]);
                options = options with { BatchSize = 96, Beta = 0.1 };
                break;
            default:
                task = Policy(() => { });
                options = options with { Policy = s_policy, BatchSize = 6, Adapter = options.Adapter with { Dropout = 0 } };
                break;
        }
        return new Trainer(model, new DroppedTask(task, drops), options);
    }

    private PolicyTask Policy(Action graded)
    {
        using var model = tiny.Load();
        return new PolicyTask(
            [.. LoadedTinyModel.Examples(12).Select(example => new PolicyPrompt(model.Chat.EncodePrompt([.. example.Messages.SkipLast(1)]), default, example.Line))],
            (_, answer) =>
            {
                graded();
                return new Reward(answer.Count(char.IsAsciiLetterLower) / (1.0 + answer.Length), new Dictionary<string, double>());
            });
    }

    private (List<(StepMetrics Metrics, int Parts)> Steps, Dictionary<string, string> Checkpoint) Undisturbed(string method, AdapterKind kind)
    {
        var drops = new Drops();
        using var trainer = Start(method, kind, drops);
        var steps = new List<(StepMetrics, int)>();
        var stored = new List<RolloutBatch>();
        while (trainer.Step < trainer.TotalSteps)
        {
            Roll(trainer, stored);
            var token = drops.After(int.MaxValue);
            steps.Add((trainer.TrainStep(token), drops.Done));
        }
        var folder = Fresh();
        trainer.Save(folder);
        return (steps, HashesOf(folder));
    }

    /// <summary>Answers for the next step: those that are stored, and then new ones.</summary>
    private static void Roll(Trainer trainer, List<RolloutBatch> stored)
    {
        while (trainer.NextRollout is { } next)
        {
            if (stored.Find(batch => (batch.Number, batch.Micro) == (next.Number, next.Micro)) is not { } batch)
                stored.Add(batch = trainer.Roll(next, default));
            trainer.AddRollouts(batch);
        }
    }

    private string Fresh() => Path.Combine(tiny.Folder, Guid.NewGuid().ToString("N"));

    private static Dictionary<string, string> HashesOf(string folder) =>
        Directory.GetFiles(folder).ToDictionary(file => Path.GetFileName(file), file => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))));

    private static void AssertSame(StepMetrics expected, StepMetrics found)
    {
        Assert.Equal(expected.Figures, found.Figures);
        Assert.Equal(
            expected with { Figures = found.Figures, Elapsed = default, Updating = default },
            found with { Elapsed = default, Updating = default });
    }

    /// <summary>Asks for an end when so many parts of the work are done.</summary>
    private sealed class Drops
    {
        private Action end = () => { };
        private int after;

        /// <summary>Parts done since the last one was asked for.</summary>
        public int Done { get; private set; }

        public CancellationToken After(int parts)
        {
            var source = new CancellationTokenSource();
            (end, after, Done) = (source.Cancel, parts, 0);
            if (parts == 0) end();
            return source.Token;
        }

        public void Part()
        {
            if (++Done == after) end();
        }
    }

    /// <summary>Another task, each of whose micro-batches counts as a part.</summary>
    private sealed record DroppedTask(TrainingTask Task, Drops Drops) : TrainingTask
    {
        internal override IObjective ObjectiveFor(LanguageModel model, TrainingOptions options) => new DroppedObjective(Task.ObjectiveFor(model, options), Drops);
    }

    private sealed class DroppedObjective(IObjective objective, Drops drops) : IObjective
    {
        public IObjective Method => objective.Method;

        public IBatchSource Batches => objective.Batches;

        public IEnumerable<int[]> Texts() => objective.Texts();

        public torch.Tensor ShareOf(Decoder decoder, torch.Tensor hidden, MicroBatch micro, StepReport report)
        {
            drops.Part();
            return objective.ShareOf(decoder, hidden, micro, report);
        }

        public void Report(StepReport report) => objective.Report(report);

        public void Look(Decoder decoder, StepReport report, CancellationToken cancellation) => objective.Look(decoder, report, cancellation);

        public ValidationScores? Validate(LanguageModel model, CancellationToken cancellation) => objective.Validate(model, cancellation);
    }
}
