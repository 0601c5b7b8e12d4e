using Serverless.Service.Jobs;
using Serverless.Service.Pipeline.FineTuning.Teaching;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>A job, or one stage of a recipe, with its files counted and its plan made.</summary>
/// <param name="Job">The job as if this stage were all of it.</param>
internal sealed record PlannedStage(JobRecord Job, JobPlan Plan, PrepareCursor Cursor)
{
    /// <summary>With the steps of all stages numbered on, and each told what comes after it.</summary>
    public static IReadOnlyList<PlannedStage> InOrder(IReadOnlyList<PlannedStage> stages) =>
    [
        .. stages.Select((stage, at) => stage with
        {
            Plan = stage.Plan with
            {
                StepsBefore = stages.Take(at).Sum(earlier => earlier.Plan.TotalSteps),
                StepsAfter = stages.Skip(at + 1).Sum(later => later.Plan.TotalSteps),
                TimeAfter = TimeOf(stages.Skip(at + 1)),
            },
        }),
    ];

    /// <summary>How long the stages take, one after another.</summary>
    public static TimeSpan TimeOf(IEnumerable<PlannedStage> stages) =>
        stages.Aggregate(TimeSpan.Zero, (sum, stage) => sum + stage.Plan.EstimatedTime);

    /// <summary>What the largest of the stages needs.</summary>
    public static long BytesOf(IEnumerable<PlannedStage> stages) => stages.Max(stage => stage.Plan.EstimatedBytes);

    /// <summary>The job's record with everything resolved.</summary>
    public static JobRecord Resolved(JobRecord job, IReadOnlyList<PlannedStage> stages) => job with
    {
        Options = job.Stages.IsEmpty ? stages[0].Plan.Options : null,
        Method = job.Stages.IsEmpty ? Resolved(job.Method, stages[0].Plan) : job.Method,
        Stages = [.. job.Stages.Select((own, at) => own with { Options = stages[at].Plan.Options, Method = Resolved(own.Method, stages[at].Plan), ValidationFile = stages[at].Job.ValidationFile })],
        Fingerprint = stages[^1].Plan.Fingerprint,
    };

    /// <summary>A method whose teacher, if it has one, is asked with nothing <c>auto</c> any more.</summary>
    public static JobMethod Resolved(JobMethod method, JobPlan plan) => method.Distillation is { } asked && plan.AnswerTokens is { } tokens
        ? method with { Distillation = TeacherSampling.Resolved(asked, tokens) }
        : method;
}
