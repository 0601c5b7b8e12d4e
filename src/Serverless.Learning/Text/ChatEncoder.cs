using System.Collections.Immutable;
using System.Text.Json;
using Serverless.Learning.Data;
using Serverless.Learning.Text.Jinja;
using Serverless.Learning.Text.ToolCalls;

namespace Serverless.Learning.Text;

/// <summary>
/// The one path from conversations to tokens, in training and in serving. Special tokens are those that the template writes; the same characters
/// typed into a message stay ordinary text. A beginning-of-text token is there if, and as often as, the template writes it. Thread safe.
/// </summary>
public sealed class ChatEncoder
{
    private readonly Tokenizer _tokenizer;
    private readonly ChatTemplate _template;
    private readonly Lazy<TurnClosing> _closing;
    private readonly Lazy<bool> _writesTools;
    private readonly Lazy<ToolCallFormat?> _toolCalls;

    public ChatEncoder(Tokenizer tokenizer, ChatTemplate template)
    {
        _tokenizer = tokenizer;
        _template = template;
        _closing = new Lazy<TurnClosing>(() => TurnClosing.Probe(tokenizer, template));
        _writesTools = new Lazy<bool>(() => ToolProbe.WritesTools(template));
        _toolCalls = new Lazy<ToolCallFormat?>(() => ToolCallFormat.Probe(template, tokenizer, EndOfTurnId));
    }

    /// <summary>The token that ends an assistant's turn, at which generation stops; null if the template writes none.</summary>
    public int? EndOfTurnId => _closing.Value.TokenId;

    /// <summary>Whether the template writes the tools it is given; those of older models leave them out without a word.</summary>
    public bool WritesTools => _writesTools.Value;

    /// <summary>How the model writes tool calls; null where its template does not say.</summary>
    public ToolCallFormat? ToolCallFormat => _toolCalls.Value;

    /// <summary>The special tokens that the text of an answer must be written with for its calls of tools to be found there; none where none are offered.</summary>
    public ImmutableHashSet<int> TokensOfCalls(JsonElement? tools) => tools is null ? [] : [.. ToolCallFormat?.Tokens ?? []];

    /// <summary>Whether the model thinks between <c>&lt;think&gt;</c> and <c>&lt;/think&gt;</c> before it answers: its template knows the latter.</summary>
    public bool Thinks => _template.Source.Contains(Thought.Close, StringComparison.Ordinal);

    /// <summary>Whether a prompt leaves off inside the thinking.</summary>
    public bool OpensThought(ReadOnlySpan<int> prompt) => OpeningOf(prompt).Length > 0;

    /// <summary>What a prompt has written of the thinking in which it leaves off: <c>&lt;think&gt;</c> and the white space behind it; empty if it leaves off elsewhere.</summary>
    internal string OpeningOf(ReadOnlySpan<int> prompt)
    {
        if (!Thinks)
            return "";
        var end = _tokenizer.Decode(prompt[Math.Max(0, prompt.Length - 8)..], skipSpecial: false);
        return end.TrimEnd().EndsWith(Thought.Open, StringComparison.Ordinal) ? end[end.LastIndexOf(Thought.Open, StringComparison.Ordinal)..] : "";
    }

    /// <summary>Whether a token is a special one.</summary>
    public bool IsSpecial(int id) => _tokenizer.IsSpecial(id);

    /// <summary>Decodes the tokens of one text one by one, special ones as they are written.</summary>
    public StreamingDecoder NewStreamingDecoder() => _tokenizer.NewStreamingDecoder(skipSpecial: false);

    /// <summary>The same encoder with a template that sees a fixed time: the date that a job's training and evaluation see.</summary>
    public ChatEncoder At(DateTimeOffset time) => new(_tokenizer, _template.At(time));

    /// <summary>The prompt of an assistant's answer: ids of the conversation and of the beginning of the answer, shape [T].</summary>
    /// <exception cref="InputError">The template refuses the conversation.</exception>
    public int[] EncodePrompt(IReadOnlyList<ChatMessage> messages, JsonElement? tools = null, CancellationToken cancellationToken = default) =>
        EncodedText.Encode(_tokenizer, _template.RenderMarked(messages, addGenerationPrompt: true, tools, cancellationToken)).Ids;

    /// <summary>Plain text as token ids, shape [T]; what looks like a special token is ordinary text.</summary>
    public int[] EncodeText(string text) => _tokenizer.Encode(text);

    /// <summary>
    /// The sequences that an example is trained as. Targets are the tokens that the assistant would generate: from the end of the prompt, as
    /// <see cref="EncodePrompt"/> gives it, to the end-of-turn token, for each assistant message whose weight is not 0. What follows the last target
    /// is left out. There is one sequence if every such prompt and answer is a token prefix of the whole conversation; otherwise (a template
    /// that rewrites earlier turns, say, drops their thinking) there is one per trained turn, each what serving that turn would have been.
    /// </summary>
    /// <exception cref="InputError">The template refuses the conversation; the line is named.</exception>
    public IReadOnlyList<TrainingSequence> EncodeExample(ChatExample example)
    {
        try
        {
            var turns = Enumerable.Range(0, example.Messages.Count).Where(i => example.Messages[i].IsTrained).ToArray();
            if (turns.Length > 0)
                return TryEncode(example, example.Messages.Count, turns) is { } sequence ? [sequence] : [.. turns.Select(turn => EncodeTurn(example, turn))];
            var ids = EncodedText.Encode(_tokenizer, Render(example, example.Messages.Count)).Ids;
            return [new TrainingSequence(ids, new bool[ids.Length], example.Line)];
        }
        catch (InputError error)
        {
            throw new InputError($"line {example.Line}: {error.Message}", innerException: error);
        }
    }

    /// <summary>The first messages as one sequence with some turns as targets, or null if a turn's prompt, or its answer as the last message, is no token prefix of it.</summary>
    private TrainingSequence? TryEncode(ChatExample example, int count, int[] turns)
    {
        var whole = EncodedText.Encode(_tokenizer, Render(example, count));
        var supervised = new bool[whole.Ids.Length];
        var end = 0;
        foreach (var turn in turns)
        {
            var prompt = RenderPrompt(example, turn);
            if (!whole.Text.Value.StartsWith(prompt.Value, StringComparison.Ordinal))
                return null;
            var endOfReply = EndOfReply(example, count, whole, turn, prompt.Length);
            if (turn + 1 < count && !Render(example, turn + 1).Value.AsSpan().StartsWith(whole.Text.Value.AsSpan(0, endOfReply)))
                return null;
            if (whole.TokensOf(prompt.Length) is not { } from || whole.TokensOf(endOfReply) is not { } to)
                return null;
            supervised.AsSpan(from, to - from).Fill(true);
            end = to;
        }
        return new TrainingSequence(whole.Ids[..end], supervised[..end], example.Line);
    }

    /// <summary>One turn as serving it would have been: the tokens of its prompt, then those of the answer.</summary>
    private TrainingSequence EncodeTurn(ChatExample example, int turn)
    {
        if (TryEncode(example, turn + 1, [turn]) is { } sequence)
            return sequence;
        var prompt = RenderPrompt(example, turn);
        var whole = EncodedText.Encode(_tokenizer, Render(example, turn + 1));
        // The templates of some Mistrals write the system message with the last question only: what stands before the answer is compared from there on.
        var (inPrompt, inWhole) = EndsOfLastShared(prompt, whole.Text, turn);
        var opening = prompt.Value.AsSpan(inPrompt);
        var common = OpenedThought.SharedLength(opening, whole.Text.Value.AsSpan(inWhole));
        var start = inWhole + common;
        var answer = whole.Text.Slice(start, EndOfReply(example, turn + 1, whole, turn, start) - start);
        if (common < opening.Length)
            answer = OpenedThought.Continue(example.Messages[turn], turn, opening[common..].ToString(), answer);
        int[] promptIds = EncodedText.Encode(_tokenizer, prompt).Ids, answerIds = EncodedText.Encode(_tokenizer, answer).Ids;
        bool[] supervised = [.. promptIds.Select(_ => false), .. answerIds.Select(_ => true)];
        return new TrainingSequence([.. promptIds, .. answerIds], supervised, example.Line);
    }

    /// <summary>Where the last message before a turn that both renderings hold ends in either; their beginnings if there is none.</summary>
    private static (int InPrompt, int InWhole) EndsOfLastShared(MarkedText prompt, MarkedText whole, int turn)
    {
        for (var index = turn - 1; index >= 0; index--)
            if (EncodedText.EndOfMessage(prompt, index) is { } inPrompt && EncodedText.EndOfMessage(whole, index) is { } inWhole)
                return (inPrompt, inWhole);
        return (0, 0);
    }

    /// <summary>The end of a turn's end-of-turn token among the characters of the first messages.</summary>
    private int EndOfReply(ChatExample example, int count, EncodedText whole, int turn, int promptEnd)
    {
        var textEnd = Math.Max(promptEnd, whole.EndOfMessage(turn) ?? promptEnd);
        var hasToolCalls = example.Messages[turn].ToolCalls is not null;
        if (!hasToolCalls && _closing.Value.Text is { } closing && whole.Text.Value.IndexOf(closing, textEnd, StringComparison.Ordinal) is var found and >= 0)
            return found + closing.Length;
        var other = turn + 1 < count ? Render(example, turn + 1) : RenderFollowed(example, turn);
        return other is null ? whole.LastSpecialEnd(textEnd, whole.Text.Length) ?? whole.Text.Length : TurnClosing.EndOf(whole, textEnd, other, turn);
    }

    private MarkedText Render(ChatExample example, int count)
    {
        ChatMessage[] messages = [.. example.Messages.Take(count)];
        var text = _template.RenderMarked(messages, addGenerationPrompt: false, example.Tools);
        ChatTemplate.CheckToolCalls(text, messages);
        return text;
    }

    private MarkedText RenderPrompt(ChatExample example, int turn)
    {
        try
        {
            return _template.RenderMarked([.. example.Messages.Take(turn)], addGenerationPrompt: true, example.Tools);
        }
        catch (InputError error) when (turn == 0)
        {
            throw new InputError($"messages[0].role: found \"assistant\" first; allowed: another message before it ({error.Message})", innerException: error);
        }
    }

    /// <summary>The conversation up to a turn with a next message made up, or null if the template refuses it.</summary>
    private MarkedText? RenderFollowed(ChatExample example, int turn)
    {
        ChatMessage[] next = example.Messages[turn].ToolCalls is { } calls
            ? [.. calls.EnumerateArray().Select(call => new ChatMessage { Role = "tool", Content = "c", ToolCallId = IdOf(call) })]
            : [new ChatMessage { Role = "user", Content = "c" }];
        try
        {
            return _template.RenderMarked([.. example.Messages.Take(turn + 1), .. next], addGenerationPrompt: false, example.Tools);
        }
        catch (InputError)
        {
            // Then the conversation cannot go on after this turn, and the turn ends where the text does.
            return null;
        }
    }

    private static string? IdOf(JsonElement call) =>
        call.ValueKind == JsonValueKind.Object && call.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String ? id.GetString() : null;
}
