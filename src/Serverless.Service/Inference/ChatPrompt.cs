using Serverless.Learning;
using Serverless.Learning.Models;
using Serverless.Learning.Sampling;
using Serverless.Learning.Sampling.Grammars;
using Serverless.Learning.Text.ToolCalls;

namespace Serverless.Service.Inference;

/// <summary>A conversation as tokens of one model, with what its answers may be and how they are to be read.</summary>
internal sealed record ChatPrompt
{
    private const string EndThink = "</think>";

    public required int[] Ids { get; init; }

    public required SamplingOptions Options { get; init; }

    public required ToolCallFormat? Format { get; init; }

    public required AnswerStart Start { get; init; }

    /// <exception cref="InputError">The conversation does not fit the model's context or its chat template, or the model cannot be offered the tools.</exception>
    public static ChatPrompt Of(LanguageModel model, ChatCall call)
    {
        var prompt = call.Tools is { } tools ? WithTools(model, call, tools) : Without(model, call);
        if (prompt.Ids.Length < model.MaxLength)
            return prompt;
        throw new InputError(
            $"This model's maximum context length is {model.MaxLength} tokens. However, your messages resulted in {prompt.Ids.Length} tokens. Please reduce the length of the messages.",
            "messages", "context_length_exceeded");
    }

    private static ChatPrompt Without(LanguageModel model, ChatCall call)
    {
        var ids = model.Chat.EncodePrompt(call.Messages);
        var thinking = model.Chat.OpensThought(ids);
        return new ChatPrompt
        {
            Ids = ids,
            Options = call.Options with { GrammarAfter = thinking && call.Options.Grammar is not null ? EndThink : null },
            Format = null,
            Start = thinking ? AnswerStart.Thinking : AnswerStart.Beginning,
        };
    }

    private static ChatPrompt WithTools(LanguageModel model, ChatCall call, ChatTools tools)
    {
        if (!model.Chat.WritesTools)
            throw new InputError("Unsupported parameter: 'tools' is not supported with this model, whose chat template does not write tools.", "tools", "unsupported_parameter");
        var ids = model.Chat.EncodePrompt(call.Messages, tools.Wire);
        var format = model.Chat.ToolCallFormat;
        var grammar = format is null ? null : Grammar.OfToolCalls(format, tools.Callable, tools.Several, model.Tokenizer);
        var options = call.Options with { WrittenTokens = [.. format?.Tokens ?? []] };
        var thinking = model.Chat.OpensThought(ids);
        if (!tools.IsForced)
        {
            // From the text that opens a call on, the answer is kept to calls of these tools. A bare object may be a call or an answer.
            var opening = format?.Opening.Trim() ?? "";
            var kept = grammar is not null && opening.Length > 0;
            return new ChatPrompt
            {
                Ids = ids,
                Options = kept ? options with { Grammar = grammar, GrammarAfter = opening } : options,
                Format = format,
                Start = thinking ? AnswerStart.Thinking : AnswerStart.Beginning,
            };
        }

        if (grammar is null)
            throw new InputError("Unsupported value: 'tool_choice' can only be 'auto' or 'none' with this model.", "tool_choice", "unsupported_value");
        var begun = (thinking ? $"\n{EndThink}\n\n" : "") + format!.Opening;
        return new ChatPrompt
        {
            Ids = [.. ids, .. model.Tokenizer.Encode(begun, parseSpecial: true)],
            Options = options with { Grammar = grammar },
            Format = format,
            Start = AnswerStart.Calls,
        };
    }
}
