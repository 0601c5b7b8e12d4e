using System.Text.Json;
using Serverless.Learning;
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
    private const string Path = "method.distillation.grader";
    private readonly GraderPatience _patience = new();

    /// <param name="replies">A teacher's answers to each prompt; what the grader wants to know of models is asked for all of them together.</param>
    /// <exception cref="OperationCanceledException">It was asked to end, between two answers.</exception>
    /// <exception cref="TeacherAwayException">A model that grades does not answer now.</exception>
    /// <exception cref="InputError">A model that grades is not there any more, or the grader comes to no end in time with one answer after another.</exception>
    public async Task<List<TaughtAnswer>> JudgeAsync(IReadOnlyList<TeacherPrompt> prompts, IReadOnlyList<IReadOnlyList<TeacherReply>> replies, CancellationToken ct)
    {
        var all = prompts.Zip(replies).SelectMany(pair => Sorted(pair.First, pair.Second).Select(answer => (Prompt: pair.First, Answer: answer))).ToList();
        var grades = new Queue<Grade>(await GradesAsync([.. all.Where(one => one.Answer.IsKept)], ct));
        var judged = new List<TaughtAnswer>(all.Count);
        foreach (var (prompt, answer) in all)
        {
            ct.ThrowIfCancellationRequested();
            judged.Add(!answer.IsKept ? answer : Measured(grader is null ? answer : Graded(answer, grades.Dequeue()), prompt));
        }
        return judged;
    }

    /// <summary>The answers to one prompt; those that are not kept already need no grade.</summary>
    private static List<TaughtAnswer> Sorted(TeacherPrompt prompt, IReadOnlyList<TeacherReply> replies)
    {
        var sorted = new List<TaughtAnswer>();
        foreach (var (sample, reply) in replies.Index())
            sorted.Add(new TaughtAnswer
            {
                Line = prompt.Line, Sample = sample, Answer = reply.Text, ToolCalls = reply.ToolCalls, Fault = reply.Failure, Fate = FateOf(reply, sorted),
            });
        return sorted;
    }

    private static AnswerFate FateOf(TeacherReply reply, List<TaughtAnswer> before) =>
        reply.Failure is not null || (reply.Text.Length == 0 && reply.ToolCalls is null && !reply.IsCutOff) ? AnswerFate.Failed
        : reply.IsCutOff ? AnswerFate.CutOff
        : before.Any(other => other.Answer == reply.Text && AreSame(other.ToolCalls, reply.ToolCalls)) ? AnswerFate.Repeated
        : AnswerFate.Kept;

    private static bool AreSame(JsonElement? one, JsonElement? other) => one is { } left && other is { } right ? JsonElement.DeepEquals(left, right) : one is null && other is null;

    private async Task<IReadOnlyList<Grade>> GradesAsync(IReadOnlyList<(TeacherPrompt Prompt, TaughtAnswer Answer)> answers, CancellationToken ct)
    {
        if (grader is null || answers.Count == 0)
            return [];
        var grades = await AskedGrades.OfAsync(
            grader,
            [.. answers.Select(one => (one.Prompt.Item ?? throw new InvalidOperationException($"line {one.Prompt.Line} was read without its item"), new GraderSample(one.Answer.Answer, one.Answer.ToolCalls)))],
            questions => models.AskTogetherAsync(questions, Path, ct), ct, _patience);
        if (!_patience.IsOver)
            return grades;
        var reason = grades.SelectMany(grade => grade.Faults).First(fault => fault.Kind == GradeFaultKind.UnresponsiveReward).Message;
        throw new InputError($"{Path}: found no reward in time for {GraderPatience.Most} answers in a row; {reason}", Path, "grader_timed_out");
    }

    private TaughtAnswer Graded(TaughtAnswer answer, Grade grade)
    {
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
        var sequences = student.EncodeExample(new ChatExample(prompt.Line, TaughtExample.Messages(prompt, answer.Answer, answer.ToolCalls), prompt.Tools));
        var most = sequences.Max(sequence => sequence.Length);
        return most > longest
            ? answer with { Fate = AnswerFate.TooLong, LongestTokens = most }
            : answer with { Sequences = sequences.Count, Tokens = sequences.Sum(sequence => sequence.Length), LongestTokens = most };
    }
}
