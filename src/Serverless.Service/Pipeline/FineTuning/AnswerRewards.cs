using Serverless.Learning.Grading;
using Serverless.Learning.Reinforcement;
using Serverless.Learning.Text;
using Serverless.Service.Inference;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>What the grader of a reinforcement job says about answers.</summary>
/// <param name="Grader">The job's grader.</param>
/// <param name="Path">Where it stands in the request.</param>
/// <param name="Encoder">Reads the tool calls of answers.</param>
internal sealed record AnswerRewards(Grader Grader, string Path, ChatEncoder Encoder)
{
    /// <summary>Those of a job, or null if it is of another method.</summary>
    /// <exception cref="Learning.InputError">The grader is wrong.</exception>
    public static AnswerRewards? Of(JobRecord job, ChatEncoder encoder)
    {
        var path = $"{job.MethodPath()}.reinforcement.grader";
        return job.Method is { Type: MethodType.Reinforcement, Grader: { } grader } ? new AnswerRewards(Grader.Parse(grader, path), path, encoder) : null;
    }

    /// <summary>Whether models have to be asked.</summary>
    public bool Asks => Grader.Models.Count > 0;

    public Reward Of(PolicyPrompt prompt, string answer) => RewardOf(Grader.Grade(prompt.Item, SampleOf(prompt, answer)));

    /// <summary>The rewards of several answers, in their order, whose models are asked together; an answer given twice is asked about once.</summary>
    /// <exception cref="Learning.InputError">A model is not there any more, or refuses all questions.</exception>
    /// <exception cref="Teaching.TeacherAwayException">A model does not answer now.</exception>
    public async Task<IReadOnlyList<Reward>> OfAsync(IReadOnlyList<(PolicyPrompt Prompt, string Answer)> answers, GraderModels models, CancellationToken ct)
    {
        var different = answers.Distinct().ToList();
        var grades = await AskedGrades.OfAsync(
            Grader, [.. different.Select(answer => (answer.Prompt.Item, SampleOf(answer.Prompt, answer.Answer)))], questions => models.AskTogetherAsync(questions, Path, ct), ct);
        var rewards = different.Zip(grades).ToDictionary(pair => pair.First, pair => RewardOf(pair.Second));
        return [.. answers.Select(answer => rewards[answer])];
    }

    private GraderSample SampleOf(PolicyPrompt prompt, string answer) => GraderSample.Of(Encoder, prompt.Tools, answer);

    private static Reward RewardOf(Grade grade) => new(
        grade.Score,
        grade.Parts.ToDictionary(part => part.Key, part => part.Value.Score),
        grade.Faults.IsEmpty ? null : string.Join("; ", grade.Faults.Select(fault => fault.Message)),
        grade.Faults.Any(fault => fault.Kind == GradeFaultKind.UnresponsiveReward));
}
