using System.Text.Json;
using Serverless.Api.Chat;
using Serverless.Api.Requests;
using Serverless.Learning;
using Serverless.Learning.Grading;
using Serverless.Service.Evals;
using Serverless.Service.Files;
using Serverless.Service.Models;

namespace Serverless.Api.Evals;

/// <summary>Reads the <c>data_source</c> of <c>POST /v1/evals/{id}/runs</c>: where the items come from, and which model answers them how.</summary>
internal static class EvalRunReader
{
    private const int MaxContentBytes = 1024 * 1024;
    private const int MaxTokens = 1 << 20;
    private static readonly string[] Types = ["jsonl", "completions", "responses"];
    private static readonly string[] Sources = ["file_content", "file_id", "stored_completions", "responses"];

    /// <exception cref="InputError">A field is missing, wrong, or known but not offered.</exception>
    public static EvalDataSource Read(RequestObject body)
    {
        var data = body.Object("data_source") ?? throw Refusal.Missing("data_source");
        var type = data.OneOf("type", Types) ?? throw Refusal.Missing(data.PathOf("type"));
        if (type == "responses")
            throw Refusal.NotYet(data.PathOf("type"), type, "'jsonl' and 'completions'");
        var source = new EvalDataSource { Json = body.RequiredValue("data_source").Clone(), File = ReadFile(data) };
        return type == "jsonl" ? source : WithModel(source, data);
    }

    private static FileId? ReadFile(RequestObject data)
    {
        var source = data.Object("source") ?? throw Refusal.Missing(data.PathOf("source"));
        switch (source.OneOf("type", Sources) ?? throw Refusal.Missing(source.PathOf("type")))
        {
            case "file_id":
                return new FileId(source.RequiredString("id", minLength: 1));
            case "file_content":
                CheckContent(source);
                return null;
            case var other:
                throw Refusal.NotYet(source.PathOf("type"), other, "'file_content' and 'file_id'");
        }
    }

    private static void CheckContent(RequestObject source)
    {
        var path = source.PathOf("content");
        var content = source.RequiredValue("content");
        if (content.ValueKind != JsonValueKind.Array)
            throw Refusal.WrongType(path, "an array of objects", RequestObject.Kind(content));
        if (content.GetArrayLength() == 0)
            throw Refusal.EmptyArray(path);
        var bytes = content.GetRawText().Length;
        if (bytes > MaxContentBytes)
            throw new InputError($"{path}: found {bytes} characters; allowed: at most {MaxContentBytes}, or a file of the purpose evals named by its id", path, "string_above_max_length");
        foreach (var (at, entry) in content.EnumerateArray().Index())
            EvalItems.Parts(entry, $"{path}[{at}]");
    }

    private static EvalDataSource WithModel(EvalDataSource source, RequestObject data)
    {
        var parameters = data.Object("sampling_params");
        if (parameters is { } given)
        {
            if (given.Value("tools") is not null)
                throw Refusal.NotOffered(given.PathOf("tools"));
            ResponseFormat.Read(given);
        }
        // The lines of a data set, which only a file can be, have conversations of their own.
        if (source.File is null || data.Value("input_messages") is not null)
            PromptTemplate.Parse(data.RequiredValue("input_messages"), data.PathOf("input_messages"));
        return source with
        {
            Model = new ModelId(data.RequiredString("model", minLength: 1)),
            MaxTokens = (int?)(parameters?.Integer("max_completion_tokens", 1, MaxTokens) ?? parameters?.Integer("max_completions_tokens", 1, MaxTokens)),
            Temperature = parameters?.Number("temperature", 0, 2) ?? 0,
            TopP = parameters?.Number("top_p", 0, 1) ?? 1,
            Seed = parameters?.Integer("seed") ?? 42,
        };
    }
}
