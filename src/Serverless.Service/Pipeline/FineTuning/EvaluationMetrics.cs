using Serverless.Learning;
using Serverless.Learning.Data;
using Serverless.Learning.Grading;
using Serverless.Service.Files;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>What base and tuned model can be compared by, on a validation file of some kind.</summary>
internal static class EvaluationMetrics
{
    /// <summary>The metrics besides those of graders, by the names that <c>publish_if</c> has for them.</summary>
    public static IReadOnlyList<string> Of(DatasetFormat format) => format switch
    {
        // Prompts have no answer that is right: what theirs are worth, graders say.
        DatasetFormat.Reinforcement => [],
        DatasetFormat.Text or DatasetFormat.PlainText => ["loss", "perplexity", "token_accuracy"],
        DatasetFormat.Preference => ["loss", "perplexity", "token_accuracy", "exact_match", "reward_accuracy", "reward_margin"],
        _ => ["loss", "perplexity", "token_accuracy", "exact_match"],
    };

    /// <summary>Refuses what the job asks of its evaluation and its validation file cannot give, as far as the kind of that is known.</summary>
    /// <param name="job">The job as if its last stage were all of it.</param>
    /// <param name="file">The file that base and tuned model are compared on.</param>
    /// <exception cref="InputError">There are graders and nothing is answered, or no such metric is measured.</exception>
    public static void Check(JobRecord job, FileRecord file)
    {
        // Until a file is read, a method that takes several kinds does not say which it is.
        if (job.Method.Type == MethodType.Distillation && file.Report?.Format is null)
            return;
        var format = MethodFormats.Of(job.Method.Type, file);
        var data = $"{MethodFormats.Name(format)} data as validation_file";
        if (format is DatasetFormat.Text or DatasetFormat.PlainText && !job.Graders.IsEmpty)
            throw new InputError($"evaluation.graders: found {job.Graders.Length}; allowed with {data}: none, because nothing is answered that they could grade", "evaluation.graders", "invalid_value");
        if (job.PublishIf is not { } condition)
            return;
        string[] allowed = [.. Of(format), .. job.AnswerGraders.Select(grader => Grader.Parse(grader.Grader, grader.Path).Name)];
        if (!allowed.Contains(condition.Metric))
            throw new InputError(
                $"publish_if.metric: found '{condition.Metric}'; allowed with {data}: {(allowed.Length == 0 ? "the name of one of evaluation.graders, of which there are none" : string.Join(", ", allowed))}",
                "publish_if.metric", "invalid_value");
    }
}
