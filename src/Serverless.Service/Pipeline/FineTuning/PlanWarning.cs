using System.Globalization;
using Serverless.Learning.Data;
using Serverless.Service.Files;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Something that does not keep a job from training and that its owner should know before: an event of the job, and a line of its dry run.</summary>
/// <param name="Code">The kind: <c>data</c>, <c>few_examples</c>, <c>shared_examples</c>, <c>ignored_field</c>, <c>truncated_examples</c>, <c>memory</c>, <c>budget</c>.</param>
/// <param name="Message">What was found, and where.</param>
/// <param name="Parameter">The request parameter that it is about; null: none alone.</param>
public sealed record PlanWarning(string Code, string Message, string? Parameter)
{
    /// <summary>OpenAI's guide to fine-tuning recommends to begin with 50 well-made examples.</summary>
    private const int Recommended = 50;

    /// <summary>What intake would warn of too: repeated lines, examples of which nothing is learned.</summary>
    internal static IEnumerable<PlanWarning> OfData(string parameter, DatasetScan scan) =>
        scan.Warnings.Select(message => new PlanWarning("data", message, parameter));

    internal static PlanWarning? OfFewExamples(JobRecord job, FileRecord file, DatasetScan scan) =>
        scan.Examples < Recommended && job.Method.Type != MethodType.Pretraining
            ? new("few_examples", $"{file.Name}: found {scan.Examples} examples; clear improvements usually need {Recommended} or more", "training_file")
            : null;

    /// <summary>OpenAI's field that means nothing here; its default asks for nothing.</summary>
    internal static PlanWarning? OfIgnored(JobRecord job) => job.Method.Policy?.ReasoningEffort is { } effort and not "default"
        ? new(
            "ignored_field",
            $"reasoning_effort: found '{effort}', which changes nothing: how long a model thinks is in its weights, and what the grader rewards; max_completion_tokens bounds it",
            "method.reinforcement.hyperparameters.reasoning_effort")
        : null;

    /// <summary>What was asked to be cut off.</summary>
    internal static PlanWarning? OfTruncated(FileRecord file, DatasetScan scan) => scan.TruncatedExamples > 0
        ? new(
            "truncated_examples",
            $"{file.Name} line {scan.FirstTruncatedLine}: cut off at max_sequence_length, as truncate asks for ({scan.TruncatedExamples} of {scan.Examples} examples like this, "
                + $"{scan.TruncatedTokens} tokens in all)",
            "training_file")
        : null;

    internal static IEnumerable<PlanWarning> OfShared(FileRecord training, FileRecord validation, (int Count, int FirstLine) shared)
    {
        if (shared.Count == 0)
            yield break;
        var lines = shared.Count == 1 ? "1 line is" : $"{shared.Count} lines are";
        yield return new(
            "shared_examples",
            $"{validation.Name} line {shared.FirstLine}: the same as a line of {training.Name} ({lines} like this); scores on the validation file would be too good",
            "validation_file");
    }

    internal static IEnumerable<PlanWarning> OfCost(JobRecord job, long bytes, TimeSpan time, PriceTable prices)
    {
        if (!prices.Fits(bytes))
            yield return new(
                "memory",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Training is expected to need {bytes / 1e9:0.0} GB of memory, and an instance has {prices.InstanceMemoryMB} MB"),
                null);
        var price = prices.For(bytes);
        if (job.Budget is { } budget && price.Of(time.TotalSeconds) is var cost && cost > budget)
            yield return new(
                "budget",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Training is expected to cost {cost:0.####} {price.Currency}, more than the budget of {budget:0.####}: the job would pause itself on the way"),
                "budget");
    }
}
