using System.Collections.Immutable;
using System.Text.Json;
using Serverless.Learning.Data;
using Serverless.Learning.Evaluation;
using Serverless.Learning.Grading;
using Serverless.Learning.Text.ToolCalls;
using Serverless.Service.Files;
using Serverless.Service.Inference;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Grades answers to the validation file: the lines of the file are the graders' items.</summary>
public sealed class EvaluationItems(FileCatalog catalog, FileStore store, GraderModels models)
{
    /// <summary>The part of a model's evaluation with the grades of its newest answers.</summary>
    public async Task<ModelEvaluation> GradeAsync(
        JobRecord job, FileId file, ModelEvaluation part, IReadOnlyList<GradedAnswer> answers, CancellationToken ct)
    {
        if (!job.AnswerGraders.Any() || answers.Count == 0)
            return part;
        var items = await ItemsAsync(file, [.. answers.Select(answer => answer.Line)], ct);
        var graded = ImmutableArray.CreateBuilder<GraderScores>();
        foreach (var (json, path) in job.AnswerGraders)
        {
            var grader = Grader.Parse(json, path);
            var before = part.Graders.FirstOrDefault(scores => scores.Name == grader.Name) ?? new GraderScores(grader.Name, []);
            var patience = new GraderPatience(before.TimedOutInRow);
            // What nobody answers is a fault of that grade, and no reason to lose the model.
            var grades = await AskedGrades.OfAsync(
                grader, [.. answers.Select(answer => (items[answer.Line], new GraderSample(answer.Answer, AnsweredCalls.ToJson(answer.Calls))))],
                questions => models.AskAsync(questions, ct), ct, patience);
            graded.Add(before.With(grades) with { TimedOutInRow = patience.InRow });
        }
        return part with { Graders = graded.ToImmutable() };
    }

    private async Task<Dictionary<int, JsonElement>> ItemsAsync(FileId id, HashSet<int> lines, CancellationToken ct)
    {
        var file = await catalog.FindAsync(id, ct);
        await using var stream = file is null ? null : await store.OpenAsync(id, 0, ct);
        if (stream is null)
            throw new Learning.InputError($"validation_file: the file {id} was deleted", "validation_file", "invalid_validation_file");
        var last = lines.Max();
        return ItemReader.Read(stream, file!.Name).TakeWhile(item => item.Line <= last).Where(item => lines.Contains(item.Line))
            .ToDictionary(item => item.Line, item => item.Item);
    }
}
