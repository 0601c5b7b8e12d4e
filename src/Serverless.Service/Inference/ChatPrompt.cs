using Serverless.Learning;
using Serverless.Learning.Models;
using Serverless.Learning.Sampling;
using Serverless.Learning.Sampling.Grammars;
using Serverless.Learning.Text;
using Serverless.Learning.Text.ToolCalls;

namespace Serverless.Service.Inference;

/// <summary>A conversation as tokens of one model, with what its answers may be and how they are to be read.</summary>
internal sealed record ChatPrompt
{
    public const string EndThink = "</think>";

    public required int[] Ids { get; init; }

    public required SamplingOptions Options { get; init; }

    public required ToolCallFormat? Format { get; init; }

    public required AnswerStart Start { get; init; }

    /// <summary>The text of an answer from which on it has the form that is asked for: after the thinking, if the prompt has opened it; null from its beginning.</summary>
    /// <param name="prompt">The prompt's tokens.</param>
    public static string? FormBeginsAfter(ChatEncoder encoder, int[] prompt) => encoder.OpensThought(prompt) ? EndThink : null;

    /// <exception cref="InputError">The conversation does not fit the model's context or its chat template, or the model cannot be offered the tools.</exception>
    public static ChatPrompt Of(LanguageModel model, ChatCall call, CancellationToken ct)
    {
        var prompt = call.Tools is { } tools ? WithTools(model, call, tools, ct) : Without(model, call, ct);
        if (prompt.Ids.Length < model.MaxLength)
            return prompt;
        throw new InputError(
            $"This model's maximum context length is {model.MaxLength} tokens. However, your messages resulted in {prompt.Ids.Length} tokens. Please reduce the length of the messages.",
            "messages", "context_length_exceeded");
    }

    private static ChatPrompt Without(LanguageModel model, ChatCall call, CancellationToken ct)
    {
        var ids = model.Chat.EncodePrompt(call.Messages, cancellationToken: ct);
        var thinking = model.Chat.OpensThought(ids);
        return new ChatPrompt
        {
            Ids = ids,
            Options = call.Options with { GrammarAfter = thinking && call.Options.Grammar is not null ? EndThink : null },
            Format = null,
            Start = thinking ? AnswerStart.Thinking : AnswerStart.Beginning,
        };
    }

    private static ChatPrompt WithTools(LanguageModel model, ChatCall call, ChatTools tools, CancellationToken ct)
    {
        if (!model.Chat.WritesTools)
            throw new InputError("Unsupported parameter: 'tools' is not supported with this model, whose chat template does not write tools.", "tools", "unsupported_parameter");
        var ids = model.Chat.EncodePrompt(call.Messages, tools.Wire, ct);
        var format = model.Chat.ToolCallFormat;
        var grammar = format is null ? null : Grammar.OfToolCalls(format, tools.Callable, tools.Several, model.Tokenizer);
        var options = call.Options with { WrittenTokens = [.. format?.Tokens ?? []] };
        var thinking = model.Chat.OpensThought(ids);
        if (!tools.IsForced)
        {
            return new ChatPrompt
            {
                Ids = ids,
                Options = Kept(model, options, format, grammar, thinking),
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

    /// <summary>
    /// The options of an answer that may call tools: from the text that opens a call on it is kept to calls of these tools, and where it must be JSON,
    /// it is that or calls.
    /// </summary>
    private static SamplingOptions Kept(LanguageModel model, SamplingOptions options, ToolCallFormat? format, Grammar? calls, bool thinking)
    {
        var opening = format?.Opening.Trim() ?? "";
        if (options.Grammar is not { } answer)
            // A bare object may be a call or an answer: nothing tells which before it is whole.
            return calls is not null && opening.Length > 0 ? options with { Grammar = calls, GrammarAfter = opening } : options;
        if (calls is null)
            throw new InputError("Unsupported value: 'response_format' must be 'text' with this model where 'tools' may be called.", "response_format", "unsupported_value");
        return options with { Grammar = Grammar.Either(answer, opening, calls, model.Tokenizer), GrammarAfter = thinking ? EndThink : null };
    }
}
