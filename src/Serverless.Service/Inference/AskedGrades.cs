using System.Text.Json;
using Serverless.Learning.Grading;

namespace Serverless.Service.Inference;

/// <summary>Grades several answers; what the grader wants to know of models is asked for all of them together.</summary>
internal static class AskedGrades
{
    /// <param name="answers">Each with the item it answers.</param>
    /// <param name="askAsync">Gives the replies in the order of the questions.</param>
    /// <param name="patience">Gives the grader up that comes to no end; null asks it whatever happens.</param>
    /// <returns>The grades, in the order of the answers.</returns>
    /// <exception cref="OperationCanceledException">It was asked to end, between two answers.</exception>
    public static async Task<IReadOnlyList<Grade>> OfAsync(
        Grader grader, IReadOnlyList<(JsonElement Item, GraderSample Sample)> answers, Func<IReadOnlyList<GraderQuestion>, Task<IReadOnlyList<GraderReply>>> askAsync,
        CancellationToken ct, GraderPatience? patience = null)
    {
        var asked = answers.Select(answer => patience?.IsOver == true ? [] : grader.Questions(answer.Item, answer.Sample)).ToList();
        var replies = new Queue<GraderReply>(await askAsync([.. asked.SelectMany(questions => questions)]));
        var grades = new List<Grade>(answers.Count);
        foreach (var (answer, questions) in answers.Zip(asked))
        {
            // A grader may take seconds over each answer.
            ct.ThrowIfCancellationRequested();
            GraderAnswer[] own = [.. questions.Select(_ => replies.Dequeue().Answer)];
            grades.Add(patience?.Of(Graded) ?? Graded());

            Grade Graded() => grader.Grade(answer.Item, answer.Sample, own);
        }
        return grades;
    }
}
