using System.Globalization;
using Serverless.Learning.Adapters;
using Serverless.Learning.Evaluation;
using Serverless.Learning.Formats;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline.FineTuning.Teaching;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>What the card of a published model says.</summary>
internal static class PublishedCard
{
    public static ModelCardFacts Facts(
        ModelId name, JobRecord job, JobPlan plan, IReadOnlyList<ModelCardDataset> data, IReadOnlyList<JobMetrics> metrics, JobEvaluation? evaluation) => new()
        {
            Name = name.Value,
            BaseModel = job.Model.Value,
            Method = $"{MethodName(job.Method.Type)} {Means(plan.Options.Adapter)}",
            CreatedAt = job.CreatedAt,
            Data = data,
            HyperParameters = [],
            Curve = [.. metrics.Select(step => new ModelCardPoint(step.Step, step.TrainLoss, step.LearningRate, step.ValidLoss))],
            Evaluation = evaluation is null ? [] : [.. Scores(evaluation.Base, evaluation.Tuned), .. Preference(evaluation), .. General(evaluation.Base, evaluation.Tuned), .. evaluation.Comparisons.Select(Score)],
            EvaluationNotes = evaluation is null ? [] : UngradedAnswers.Of(evaluation),
            Samples = evaluation is null ? [] : [.. evaluation.Base.Samples.Zip(evaluation.Tuned.Samples, Sample)],
        };

    /// <summary>What one stage of a recipe was, and what its model came to on the validation file.</summary>
    /// <param name="stage">The job as if the stage were all of it.</param>
    public static ModelCardStage Stage(JobRecord stage, JobEvaluation? evaluation)
    {
        var own = stage.Stages[stage.Stage];
        var model = evaluation is null ? null : stage.IsAtLastStage() ? evaluation.Tuned : evaluation.Of(stage.Stage);
        return new ModelCardStage(
            $"{MethodName(own.Method.Type)} {Means(own.Options!.Adapter)}", own.StepsBefore + 1, own.LastStep ?? own.StepsBefore, own.Figures.TryGetValue("train_loss", out var loss) ? loss : null,
            model?.Means(stage.Seed) ?? [], model?.General is { Tokens: > 0 } general ? general.Loss : null);
    }

    private static string MethodName(MethodType type) => type switch
    {
        MethodType.Dpo => "direct preference optimisation",
        MethodType.Distillation => "distillation",
        MethodType.Pretraining => "continued pre-training",
        MethodType.Reinforcement => "group-relative policy optimisation",
        _ => "supervised fine-tuning",
    };

    /// <summary>How, in words that fit after "fine-tuning": "with LoRA", "with QLoRA (DoRA)", "of all weights".</summary>
    private static string Means(AdapterOptions adapter)
    {
        if (!adapter.IsLowRank)
            return "of all weights";
        var low = (adapter.WeightDecomposed, adapter.RankStabilized) switch
        {
            (true, true) => "DoRA scaled as rsLoRA",
            (true, false) => "DoRA",
            (false, true) => "rsLoRA",
            _ => "LoRA",
        };
        return adapter.Kind != AdapterKind.Qlora ? $"with {low}" : low == "LoRA" ? "with QLoRA" : $"with QLoRA ({low})";
    }

    public static ModelCardDataset Dataset(string use, FileRecord file, int examples, long tokens) =>
        new(use, file.Name, examples, tokens, file.Sha256);

    public static IEnumerable<(string Name, string Value)> HyperParameters(JobRecord job, JobPlan plan)
    {
        var options = plan.Options;
        yield return ("n_epochs", Text(options.Epochs));
        yield return ("batch_size", Text(options.BatchSize));
        yield return ("learning_rate", Text(options.LearningRate));
        yield return ("warmup_fraction", Text(options.WarmupFraction));
        yield return ("weight_decay", Text(options.WeightDecay));
        yield return ("max_gradient_norm", Text(options.MaxGradientNorm));
        yield return ("max_sequence_length", Text(options.MaxSequenceLength));
        if (options.Policy is { } policy)
        {
            yield return ("loss_type", PolicyRequest.NameOf(policy.LossType));
            yield return ("group_size", Text(policy.GroupSize));
            yield return ("temperature", Text(policy.Temperature));
            yield return ("max_completion_tokens", Text(policy.MaxAnswerTokens));
            yield return ("epsilon_low", Text(policy.EpsilonLow));
            yield return ("epsilon_high", Text(policy.EpsilonHigh));
            yield return ("beta", Text(policy.Beta));
            yield return ("updates_per_rollout", Text(policy.UpdatesPerRollout));
            yield return ("negative_weight", Text(policy.NegativeWeight));
            yield return ("dynamic_sampling_rounds", Text(policy.Resamples));
            yield return ("overlong_filtering", policy.FilterOverlong ? "true" : "false");
            yield return ("length_penalty_tokens", Text(policy.PenaltyTokens));
            if (policy.EvaluationInterval > 0)
            {
                yield return ("eval_interval", Text(policy.EvaluationInterval));
                yield return ("eval_samples", Text(policy.EvaluationSamples));
            }
        }
        if (job.Method.Distillation is { } distillation && plan.AnswerTokens is { } tokensOfAnswer)
        {
            var sampling = TeacherSampling.Of(distillation, tokensOfAnswer, job.Seed);
            yield return ("teacher", distillation.Teacher);
            yield return ("n", Text(sampling.Samples));
            yield return ("temperature", Text(sampling.Temperature));
            yield return ("top_p", Text(sampling.TopP));
            yield return ("max_completion_tokens", Text(sampling.MaxTokens));
        }
        if (options.Beta is { } beta)
            yield return ("beta", Text(beta));
        if (job.Method.Replay is { } replay)
            yield return ("replay.share", Text(replay.Share));
        yield return ("seed", Text(options.Seed));
        yield return ("precision", options.Precision.ToString());
        if (job.MergeDtype is { } dtype)
            yield return ("merge_dtype", WireName.Of(dtype));
        if (plan.Published is { } published)
            yield return ("publish", WireName.Of(published));
        yield return ("steps", Text(plan.TotalSteps));
        if (job.TrainedTokens is { } tokens)
            yield return ("trained_tokens", Text(tokens));
        if (!options.Adapter.IsLowRank)
            yield break;
        yield return ("adapter.type", options.Adapter.Kind == AdapterKind.Qlora ? "qlora" : "lora");
        yield return ("adapter.rank", Text(options.Adapter.Rank));
        yield return ("adapter.alpha", Text(options.Adapter.Alpha));
        yield return ("adapter.dropout", Text(options.Adapter.Dropout));
        yield return ("adapter.use_dora", options.Adapter.WeightDecomposed ? "true" : "false");
        yield return ("adapter.use_rslora", options.Adapter.RankStabilized ? "true" : "false");
        yield return ("adapter.target_modules", string.Join(", ", options.Adapter.TargetModules));
    }

    private static List<ModelCardScore> Scores(ModelEvaluation before, ModelEvaluation after) => after.Scores.Tokens == 0 ? [] :
    [
        new("validation loss", before.Scores.Loss, after.Scores.Loss),
        new("validation perplexity", before.Scores.Perplexity, after.Scores.Perplexity),
        new("validation token accuracy", before.Scores.TokenAccuracy, after.Scores.TokenAccuracy),
    ];

    private static List<ModelCardScore> General(ModelEvaluation before, ModelEvaluation after) => after.General.Tokens == 0 ? [] :
    [
        new("loss on general text, held back", before.General.Loss, after.General.Loss),
        new("perplexity on general text, held back", before.General.Perplexity, after.General.Perplexity),
    ];

    private static ModelCardScore Score(MetricComparison comparison) => new(
        comparison.Metric == "exact_match" ? "validation answers exactly right" : $"grader {comparison.Metric}", comparison.Base.Mean, comparison.Tuned.Mean,
        Interval(comparison.Base), Interval(comparison.Tuned), $"{comparison.Wins} / {comparison.Losses} / {comparison.Ties}");

    private static (double, double) Interval(MeanInterval mean) => (mean.Low, mean.High);

    private static ModelCardSample Sample(GradedAnswer before, GradedAnswer after) => new(before.Prompt, before.Expected, before.Answer, after.Answer);

    private static List<ModelCardScore> Preference(JobEvaluation evaluation) => evaluation.RewardAccuracy is null ? [] :
    [
        new("validation reward accuracy", null, evaluation.RewardAccuracy, null, evaluation.RewardAccuracyInterval is { } accuracy ? Interval(accuracy) : null),
        new("validation reward margin", null, evaluation.RewardMargin, null, evaluation.RewardMarginInterval is { } margin ? Interval(margin) : null),
    ];

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
