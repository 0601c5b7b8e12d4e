using Serverless.Learning.Data;
using Serverless.Learning.Grading;
using Serverless.Learning.Text;
using Serverless.Service.Inference;

namespace Serverless.Service.Pipeline.FineTuning.Teaching;

/// <summary>Decides of each answer of a teacher whether the student learns from it.</summary>
/// <param name="grader">What passes an answer; null passes every one that ended.</param>
/// <param name="threshold">The least reward of one that passes; null leaves that to the grader.</param>
/// <param name="student">Writes conversations as the student reads them.</param>
/// <param name="longest">The most tokens that the student is trained on at once.</param>
internal sealed class TeacherLesson(Grader? grader, double? threshold, ChatEncoder student, int longest, GraderModels models)
{
    /// <param name="replies">A teacher's answers to each prompt.</param>
    /// <exception cref="OperationCanceledException">It was asked to end, between two answers.</exception>
    /// <exception cref="TeacherAwayException">A model that grades does not answer now.</exception>
    public async Task<List<TaughtAnswer>> JudgeAsync(IReadOnlyList<TeacherPrompt> prompts, IReadOnlyList<IReadOnlyList<TeacherReply>> replies, CancellationToken ct)
    {
        var judged = new List<TaughtAnswer>();
        foreach (var (prompt, some) in prompts.Zip(replies))
            judged.AddRange(await JudgeAsync(prompt, some, ct));
        return judged;
    }

    private async Task<List<TaughtAnswer>> JudgeAsync(TeacherPrompt prompt, IReadOnlyList<TeacherReply> replies, CancellationToken ct)
    {
        var judged = new List<TaughtAnswer>();
        foreach (var (sample, reply) in replies.Index())
        {
            ct.ThrowIfCancellationRequested();
            var answer = new TaughtAnswer
            {
                Line = prompt.Line, Sample = sample, Answer = reply.Text, Fault = reply.Failure, Fate = FateOf(reply, judged),
            };
            judged.Add(answer.IsKept ? Measured(await GradedAsync(prompt, answer, ct), prompt) : answer);
        }
        return judged;
    }

    private static AnswerFate FateOf(TeacherReply reply, List<TaughtAnswer> before) =>
        reply.Failure is not null || (reply.Text.Length == 0 && !reply.IsCutOff) ? AnswerFate.Failed
        : reply.IsCutOff ? AnswerFate.CutOff
        : before.Any(other => other.Answer == reply.Text) ? AnswerFate.Repeated
        : AnswerFate.Kept;

    private async Task<TaughtAnswer> GradedAsync(TeacherPrompt prompt, TaughtAnswer answer, CancellationToken ct)
    {
        if (grader is null)
            return answer;
        var item = prompt.Item ?? throw new InvalidOperationException($"line {prompt.Line} was read without its item");
        var sample = new GraderSample(answer.Answer);
        var replies = await models.AskTogetherAsync(grader.Questions(item, sample), "method.distillation.grader", ct);
        var grade = grader.Grade(item, sample, [.. replies.Select(reply => reply.Answer)]);
        var passed = grade.Faults.IsEmpty && (threshold is { } least ? grade.Score >= least : grade.Passed);
        return answer with
        {
            Reward = grade.Score,
            Fate = passed ? AnswerFate.Kept : AnswerFate.Rejected,
            Fault = grade.Faults.IsEmpty ? null : string.Join("; ", grade.Faults.Select(fault => fault.Message)),
        };
    }

    private TaughtAnswer Measured(TaughtAnswer answer, TeacherPrompt prompt)
    {
        if (!answer.IsKept)
            return answer;
        var sequences = student.EncodeExample(new ChatExample(prompt.Line, TaughtExample.Messages(prompt, answer.Answer)));
        var most = sequences.Max(sequence => sequence.Length);
        return most > longest
            ? answer with { Fate = AnswerFate.TooLong, LongestTokens = most }
            : answer with { Sequences = sequences.Count, Tokens = sequences.Sum(sequence => sequence.Length), LongestTokens = most };
    }
}
