using System.Text.Json;
using Serverless.Api.Sampling;
using Serverless.Api.Wire;
using Serverless.Learning.Text.ToolCalls;
using Serverless.Service.Inference;

namespace Serverless.Api.Chat;

/// <summary>The events of a streamed answer, in the order of OpenAI: role, text or calls, finish, and at the end the usage.</summary>
internal sealed class ChatStream(AnswerHead answer, ChatRequest request)
{
    private static readonly JsonElement Null = JsonDocument.Parse("null").RootElement;

    private readonly HashSet<int> _opened = [];
    private readonly Dictionary<int, int> _calls = [];
    private readonly AnswerTokens _tokens = new();

    public async Task WriteAsync(ChatPiece piece, Func<byte[], Task> send)
    {
        _tokens.Add(0, piece.PromptTokens, piece.CachedTokens, piece.Tokens, piece.ReasoningTokens);
        if (_opened.Add(piece.Choice))
            await SendAsync(send, piece.Choice, new ChatDeltaObject { Role = "assistant", Content = "", Refusal = Null });
        var logprobs = ChatLogprobsObject.Of(piece.Scores is not null, [piece.Scores!]);
        foreach (var delta in piece.Parts.SelectMany(part => DeltasOf(piece.Choice, part)))
        {
            await SendAsync(send, piece.Choice, delta, logprobs);
            logprobs = null;
        }

        // A token whose text is still held back is scored all the same.
        if (logprobs is not null)
            await SendAsync(send, piece.Choice, new ChatDeltaObject { Content = "" }, logprobs);
        if (piece.Finish is { } finish)
            await SendAsync(send, piece.Choice, new ChatDeltaObject(), finish: FinishReasons.TextOf(finish, piece.HasCalls && !request.NamesTool));
    }

    public Task EndAsync(Func<byte[], Task> send) => request.IncludeUsage
        ? SendAsync(send, [], JsonSerializer.SerializeToElement(_tokens.Usage, WireJson.Plain.UsageObject))
        : Task.CompletedTask;

    private IEnumerable<ChatDeltaObject> DeltasOf(int choice, AnswerPart part)
    {
        if (part.Call is not { } call)
            return [new ChatDeltaObject { Content = part.Content, ReasoningContent = part.Reasoning }];
        var index = _calls.GetValueOrDefault(choice);
        _calls[choice] = index + 1;
        return
        [
            new ChatDeltaObject { ToolCalls = [ToolCallObject.Of(new FunctionCallObject(call.Name, "")) with { Index = index }] },
            new ChatDeltaObject { ToolCalls = [new ToolCallObject { Index = index, Function = new FunctionCallObject(null, call.Arguments) }] },
        ];
    }

    private Task SendAsync(Func<byte[], Task> send, int choice, ChatDeltaObject delta, ChatLogprobsObject? logprobs = null, string? finish = null) =>
        SendAsync(send, [new ChatChunkChoiceObject(choice, delta, finish, logprobs)], request.IncludeUsage ? Null : null);

    private Task SendAsync(Func<byte[], Task> send, IReadOnlyList<ChatChunkChoiceObject> choices, JsonElement? usage)
    {
        var chunk = new ChatChunkObject
        {
            Id = answer.Id,
            Created = answer.Created,
            Model = answer.Model,
            SystemFingerprint = answer.SystemFingerprint,
            Choices = choices,
            Usage = usage,
        };
        return send(JsonSerializer.SerializeToUtf8Bytes(chunk, WireJson.Plain.ChatChunkObject));
    }
}
