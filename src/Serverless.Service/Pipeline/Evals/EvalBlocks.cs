using System.Collections.Immutable;
using System.Text.Json;
using Serverless.Learning;
using Serverless.Learning.Grading;
using Serverless.Learning.Sampling;
using Serverless.Learning.Sampling.Grammars;
using Serverless.Learning.Text;
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
        EvalRunRecord run, IReadOnlyList<(JsonElement Item, JsonElement? Sample)> block, CancellationToken ct)
    {
        var usage = new List<EvalModelUsage>();
        var items = run.DataSource.Model is null
            ? block.Select((entry, at) => Given(entry.Item, entry.Sample, run.Done + at)).ToList()
            : await GenerateAsync(run, block, usage, ct);
        var graders = run.TestingCriteria.Select((json, at) => Grader.Parse(json, $"testing_criteria[{at}]")).ToList();
        var graded = new List<EvalItemRecord>();
        foreach (var (item, entry) in items.Zip(block))
            graded.Add(item.Error is null ? await GradeAsync(item, SampleOf(run, item, entry.Sample), graders, usage, ct) : item);
        return (graded, usage);
    }

    private EvalItemRecord Given(JsonElement item, JsonElement? sample, int index) =>
        New(index, item, TextOf(sample) ?? "") with { Finish = null, Error = null };

    /// <summary>What graders see. Criteria that look at the item only need no sample.</summary>
    private static GraderSample SampleOf(EvalRunRecord run, EvalItemRecord item, JsonElement? sample) =>
        new(item.Output, Tools(sample)) { HasOutputText = run.DataSource.Model is not null || TextOf(sample) is not null };

    private static string? TextOf(JsonElement? sample) =>
        sample is { ValueKind: JsonValueKind.Object } given && given.TryGetProperty("output_text", out var output) && output.ValueKind == JsonValueKind.String ? output.GetString() : null;

    private async Task<List<EvalItemRecord>> GenerateAsync(
        EvalRunRecord run, IReadOnlyList<(JsonElement Item, JsonElement? Sample)> block, List<EvalModelUsage> usage, CancellationToken ct)
    {
        var source = run.DataSource;
        var model = await models.FindAsync(source.Model!.Value, ct)
            ?? throw new InputError($"data_source.model: '{source.Model}' was deleted", "data_source.model", "model_not_available");
        var template = PromptTemplate.Parse(source.Json.GetProperty("input_messages"), "data_source.input_messages");
        var items = block.Select((entry, at) => Asked(template, entry.Item, run.Done + at)).ToList();
        var asked = items.Where(item => item.Error is null).ToList();
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
        var answers = await generator.AnswerAsync(
            model, [.. asked.Select(item => item.Input.Select(message => new ChatMessage { Role = message.Role, Content = message.Content }).ToList())], options, ct);
        foreach (var (item, answer) in asked.Zip(answers))
            items[item.Index - run.Done] = item with
            {
                Output = answer.Text,
                Finish = answer.Finish,
                PromptTokens = answer.PromptTokens,
                CachedTokens = answer.CachedTokens,
                CompletionTokens = answer.CompletionTokens,
                Error = answer.Failure,
                Status = answer.Failure is null ? item.Status : EvalItemStatus.Error,
            };
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

    /// <summary>An item with the messages that its model is to continue, or with the reason why there are none.</summary>
    private EvalItemRecord Asked(PromptTemplate template, JsonElement item, int index)
    {
        try
        {
            return New(index, item, "") with { Input = [.. template.Render(item).Select(message => new EvalItemMessage(message.Role, message.Content ?? ""))] };
        }
        catch (InputError error)
        {
            return New(index, item, "") with { Error = error.Message };
        }
    }

    private async Task<EvalItemRecord> GradeAsync(
        EvalItemRecord item, GraderSample sample, IReadOnlyList<Grader> graders, List<EvalModelUsage> usage, CancellationToken ct)
    {
        var results = ImmutableArray.CreateBuilder<EvalItemResult>();
        foreach (var grader in graders)
        {
            var replies = await graderModels.AskAsync(grader.Questions(item.Item, sample), ct);
            usage.AddRange(replies.Select(reply => new EvalModelUsage(reply.Question.Model, 1, reply.PromptTokens, reply.CompletionTokens) { CachedTokens = reply.CachedTokens }));
            var grade = grader.Grade(item.Item, sample, [.. replies.Select(reply => reply.Answer)]);
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
