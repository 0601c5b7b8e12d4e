using System.Text.Json.Nodes;
using Serverless.Learning.Evaluation;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Api.Wire;

/// <summary>The base and the tuned model of a job side by side on its validation file.</summary>
internal static class JobEvaluationObject
{
    public static JsonObject Of(JobRecord job, JobEvaluation evaluation)
    {
        var written = Compared(job, evaluation);
        if (!job.Stages.IsEmpty)
            written["stages"] = new JsonArray([.. job.InStages().Select(stage => (JsonNode)Stage(job, stage.IsAtLastStage() ? evaluation.Tuned : evaluation.Of(stage.Stage), stage.Stage))]);
        return written;
    }

    private static JsonObject Compared(JobRecord job, JobEvaluation evaluation) => new()
    {
        ["object"] = "fine_tuning.job.evaluation",
        ["fine_tuning_job_id"] = job.Id.Value,
        ["finished"] = evaluation.Finished,
        ["examples"] = evaluation.Examples,
        ["base"] = Model(evaluation.Base),
        ["tuned"] = Model(evaluation.Tuned),
        ["reward_accuracy"] = evaluation.RewardAccuracy,
        ["reward_accuracy_interval"] = evaluation.RewardAccuracyInterval is { } accuracy ? MeasuredObject.Interval(accuracy) : null,
        ["reward_margin"] = evaluation.RewardMargin,
        ["reward_margin_interval"] = evaluation.RewardMarginInterval is { } margin ? MeasuredObject.Interval(margin) : null,
        ["comparisons"] = new JsonArray([.. evaluation.Comparisons.Select(comparison => (JsonNode)Comparison(comparison, evaluation))]),
        ["samples"] = new JsonArray([.. evaluation.Base.Samples.Zip(evaluation.Tuned.Samples).Select((pair, at) => (JsonNode)Sample(pair.First, pair.Second, at, evaluation))]),
    };

    private static JsonObject Model(ModelEvaluation model)
    {
        var written = MeasuredObject.Tokens(model.Scored, model.Scores);
        written["answered"] = model.Answered;
        written["exact_match"] = model.ExactShare;
        written["general"] = model.General.Tokens == 0 ? null : new JsonObject { ["loss"] = model.General.Loss, ["perplexity"] = model.General.Perplexity, ["tokens"] = model.General.Tokens };
        return written;
    }

    /// <summary>What the model of one stage of a recipe came to, on the same examples.</summary>
    private static JsonObject Stage(JobRecord job, ModelEvaluation model, int at)
    {
        var written = Model(model);
        written["metrics"] = new JsonArray([.. model.Means(job.Seed).Select(score => (JsonNode)new JsonObject { ["metric"] = score.Metric, ["tuned"] = MeasuredObject.Interval(score.Mean) })]);
        written["stage"] = at + 1;
        return written;
    }

    private static JsonObject Comparison(MetricComparison comparison, JobEvaluation evaluation) => new()
    {
        ["metric"] = comparison.Metric,
        ["base"] = MeasuredObject.Interval(comparison.Base),
        ["tuned"] = MeasuredObject.Interval(comparison.Tuned),
        ["gain"] = MeasuredObject.Interval(comparison.Gain),
        ["wins"] = comparison.Wins,
        ["losses"] = comparison.Losses,
        ["ties"] = comparison.Ties,
        ["faults"] = new JsonObject { ["base"] = Faults(evaluation.Base, comparison.Metric), ["tuned"] = Faults(evaluation.Tuned, comparison.Metric) },
    };

    /// <summary>How many answers a grader could not grade, and why the first of them could not.</summary>
    private static JsonObject Faults(ModelEvaluation model, string metric)
    {
        var scores = model.Graders.FirstOrDefault(grader => grader.Name == metric);
        return new JsonObject { ["count"] = scores?.Faults ?? 0, ["first"] = scores?.FirstFault };
    }

    private static JsonObject Sample(GradedAnswer before, GradedAnswer after, int at, JobEvaluation evaluation) => new()
    {
        ["line"] = before.Line,
        ["prompt"] = before.Prompt,
        ["expected"] = before.Expected,
        ["base"] = Answer(before, at, evaluation.Base),
        ["tuned"] = Answer(after, at, evaluation.Tuned),
    };

    private static JsonObject Answer(GradedAnswer answer, int at, ModelEvaluation model) => new()
    {
        ["answer"] = answer.Answer,
        ["exact_match"] = answer.Expected is null ? null : answer.Exact,
        ["scores"] = new JsonObject(model.Graders.Where(grader => at < grader.Scores.Length).Select(grader => KeyValuePair.Create(grader.Name, (JsonNode?)grader.Scores[at]))),
    };
}
