using System.Text.Json;
using Serverless.Learning.Grading;
using Serverless.Learning.Reinforcement;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>What the grader of a reinforcement job says about answers.</summary>
/// <param name="Grader">The job's grader.</param>
/// <param name="MaxAnswerTokens">The most tokens of an answer.</param>
internal sealed record AnswerRewards(Grader Grader, int MaxAnswerTokens)
{
    /// <summary>Those of a job, or null if it is of another method.</summary>
    /// <exception cref="Learning.InputError">The grader is wrong.</exception>
    public static AnswerRewards? Of(JobRecord job, JobPlan plan) => job.Method.Grader is { } grader && plan.Options.Policy is { } policy
        ? new AnswerRewards(Grader.Parse(grader, $"{job.MethodPath()}.reinforcement.grader"), policy.MaxAnswerTokens)
        : null;

    /// <param name="item">The prompt's line.</param>
    public Reward Of(JsonElement item, string answer)
    {
        var grade = Grader.Grade(item, new GraderSample(answer));
        return new Reward(
            grade.Score,
            grade.Parts.ToDictionary(part => part.Key, part => part.Value.Score),
            grade.Faults.IsEmpty ? null : string.Join("; ", grade.Faults.Select(fault => fault.Message)));
    }
}
