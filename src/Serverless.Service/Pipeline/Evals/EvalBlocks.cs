using System.Collections.Immutable;
using System.Text.Json;
using Serverless.Learning;
using Serverless.Learning.Grading;
using Serverless.Learning.Sampling;
using Serverless.Learning.Sampling.Grammars;
using Serverless.Learning.Text.ToolCalls;
using Serverless.Service.Evals;
using Serverless.Service.Inference;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Service.Pipeline.Evals;

/// <summary>Answers a block of items, unless their samples are given, and grades the answers.</summary>
public sealed class EvalBlocks(CheckpointModels models, BatchGenerator generator, GraderModels graderModels, PipelineSettings settings, TimeProvider clock)
{
    /// <returns>The items, and what they took of each model.</returns>
    /// <exception cref="InputError">The model was deleted.</exception>
    public async Task<(IReadOnlyList<EvalItemRecord> Items, IReadOnlyList<EvalModelUsage> Usage)> AnswerAsync(
        EvalRunRecord run, IReadOnlyList<EvalEntry> block, CancellationToken ct)
    {
        var usage = new List<EvalModelUsage>();
        var calls = new Dictionary<int, JsonElement?>();
        var items = run.DataSource.Model is null
            ? block.Select((entry, at) => Given(entry.Item, entry.Sample, run.Done + at)).ToList()
            : await GenerateAsync(run, block, usage, calls, ct);
        var graders = run.TestingCriteria.Select((json, at) => Grader.Parse(json, $"testing_criteria[{at}]")).ToList();
        var graded = new List<EvalItemRecord>();
        foreach (var (item, entry) in items.Zip(block))
            graded.Add(item.Error is null ? await GradeAsync(item, SampleOf(run, item, entry.Sample, calls.GetValueOrDefault(item.Index)), graders, usage, ct) : item);
        return (graded, usage);
    }

    private EvalItemRecord Given(JsonElement item, JsonElement? sample, int index) =>
        New(index, item, TextOf(sample) ?? "") with { Finish = null, Error = null };

    /// <summary>What graders see. Criteria that look at the item only need no sample.</summary>
    private static GraderSample SampleOf(EvalRunRecord run, EvalItemRecord item, JsonElement? sample, JsonElement? calls) =>
        new(item.Output, run.DataSource.Model is null ? Tools(sample) : calls) { HasOutputText = run.DataSource.Model is not null || TextOf(sample) is not null };

    private static string? TextOf(JsonElement? sample) =>
        sample is { ValueKind: JsonValueKind.Object } given && given.TryGetProperty("output_text", out var output) && output.ValueKind == JsonValueKind.String ? output.GetString() : null;

    private async Task<List<EvalItemRecord>> GenerateAsync(
        EvalRunRecord run, IReadOnlyList<EvalEntry> block, List<EvalModelUsage> usage, Dictionary<int, JsonElement?> calls, CancellationToken ct)
    {
        var source = run.DataSource;
        var model = await models.FindAsync(source.Model!.Value, ct)
            ?? throw new InputError($"data_source.model: '{source.Model}' was deleted", "data_source.model", "model_not_available");
        var template = source.Json.TryGetProperty("input_messages", out var given) && given.ValueKind != JsonValueKind.Null ? PromptTemplate.Parse(given, "data_source.input_messages") : null;
        var prepared = block.Select((entry, at) => EvalQuestion.Of(template, entry, New(run.Done + at, entry.Item, ""))).ToList();
        var items = prepared.Select(question => question.Item).ToList();
        var asked = prepared.Where(question => question.Item.Error is null).ToList();
        if (asked.Count == 0)
            return items;
        var options = new SamplingOptions
        {
            MaxTokens = source.MaxTokens ?? settings.EvaluatedAnswerTokens,
            Temperature = source.Temperature,
            TopP = source.TopP,
            Seed = source.Seed,
            Choice = run.Done,
            Grammar = Form(source.Json),
        };
        var answers = await generator.AnswerAsync(model, [.. asked.Select(question => question.Messages)], options, ct, [.. asked.Select(question => question.Tools)]);
        foreach (var (question, answer) in asked.Zip(answers))
        {
            calls[question.Item.Index] = AnsweredCalls.ToJson(answer.Calls);
            items[question.Item.Index - run.Done] = question.Item with
            {
                Exact = answer.Failure is null ? question.IsRight(answer) : null,
                Output = answer.Text,
                Finish = answer.Finish,
                PromptTokens = answer.PromptTokens,
                CachedTokens = answer.CachedTokens,
                CompletionTokens = answer.CompletionTokens,
                Error = answer.Failure,
                Status = answer.Failure is null ? question.Item.Status : EvalItemStatus.Error,
            };
        }
        usage.Add(new EvalModelUsage(
            source.Model.Value.Value, answers.Count(answer => answer.Failure is null), answers.Sum(answer => answer.PromptTokens), answers.Sum(answer => answer.CompletionTokens))
        {
            CachedTokens = answers.Sum(answer => answer.CachedTokens),
        });
        return items;
    }

    private static Grammar? Form(JsonElement source) =>
        source.TryGetProperty("sampling_params", out var given) && given.ValueKind == JsonValueKind.Object
            && given.TryGetProperty("response_format", out var format) && format.ValueKind == JsonValueKind.Object
            ? AnswerForm.Of(format, "data_source.sampling_params.response_format")
            : null;

    private async Task<EvalItemRecord> GradeAsync(
        EvalItemRecord item, GraderSample sample, IReadOnlyList<Grader> graders, List<EvalModelUsage> usage, CancellationToken ct)
    {
        var results = ImmutableArray.CreateBuilder<EvalItemResult>();
        foreach (var grader in graders)
        {
            var replies = await graderModels.AskAsync(grader.Questions(item.Item, sample), ct);
            usage.AddRange(replies.Select(reply => new EvalModelUsage(reply.Question.Model, 1, reply.PromptTokens, reply.CompletionTokens) { CachedTokens = reply.CachedTokens }));
            var grade = grader.Grade(item.Item, sample, [.. replies.Select(reply => reply.Answer)], ct);
            results.Add(new EvalItemResult(grader.Name, grader.Type, grade.Score, grade.Passed, grade.Faults.FirstOrDefault()?.Message));
        }
        var status = results.Any(result => result.Fault is not null) ? EvalItemStatus.Error
            : results.All(result => result.Passed) ? EvalItemStatus.Pass
            : EvalItemStatus.Fail;
        return item with { Results = results.ToImmutable(), Status = status };
    }

    private EvalItemRecord New(int index, JsonElement item, string output) =>
        new() { Index = index, Item = item, Output = output, Status = EvalItemStatus.Error, CreatedAt = clock.GetUtcNow() };

    private static JsonElement? Tools(JsonElement? sample) =>
        sample is { } given && given.TryGetProperty("output_tools", out var tools) && tools.ValueKind == JsonValueKind.Array ? tools : null;
}
