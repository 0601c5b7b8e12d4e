using System.Text;
using Serverless.Learning.Models;
using Serverless.Learning.Sampling.Grammars;
using Serverless.Learning.Text;

namespace Serverless.Learning.Sampling;

/// <summary>An answer of a <see cref="GenerationBatch"/> while it grows.</summary>
public sealed class GrowingAnswer
{
    private readonly LanguageModel model;
    private readonly SamplingOptions options;
    private readonly int room;
    private readonly List<int> ids = [];
    private readonly List<float> logProbabilities = [];
    private readonly Dictionary<int, int> counts = [];
    private readonly StringBuilder whole = new();
    private readonly StreamingDecoder decoder;
    private readonly StopScanner scanner;
    private readonly GrammarGate? gate;
    private readonly bool isPenalised;
    private float[]? raw;
    private int? endId;

    internal GrowingAnswer(LanguageModel model, SamplingOptions options, int promptTokens, int room)
    {
        this.model = model;
        this.options = options;
        this.room = room;
        isPenalised = options.FrequencyPenalty != 0 || options.PresencePenalty != 0;
        PromptTokens = promptTokens;
        decoder = model.Tokenizer.NewStreamingDecoder(written: options.WrittenTokens);
        scanner = new StopScanner(options.Stop);
        gate = options.Grammar is { } grammar ? new GrammarGate(GrammarAutomaton.Of(grammar, model.Tokenizer), options.GrammarAfter) : null;
        if (room == 0) Last = new GeneratedToken(-1, "", FinishReason.Length);
    }

    /// <summary>The length of the prompt.</summary>
    public int PromptTokens { get; }

    /// <summary>How many tokens at the prompt's beginning had been read before, for another one.</summary>
    public int CachedTokens { get; internal set; }

    /// <summary>What the last token added; null before the first.</summary>
    public GeneratedToken? Last { get; private set; }

    /// <summary>Why the answer ended; null while it grows.</summary>
    public FinishReason? Finish => Last?.Finish;

    /// <summary>The whole answer, once it has ended.</summary>
    public GeneratedText Result() => new(whole.ToString(), ids, Finish ?? throw new InvalidOperationException("the answer has not ended"))
    {
        EndId = endId,
        LogProbabilities = logProbabilities,
    };

    /// <summary>Ends an answer that may not go on, as if its tokens were used up.</summary>
    public void Cut()
    {
        var rest = Rest();
        whole.Append(rest);
        Last = new GeneratedToken(-1, rest, FinishReason.Length);
    }

    /// <summary>Prepares the draw of a token; an answer that cannot go on ends instead.</summary>
    /// <param name="logits">V logits of the token, which are changed.</param>
    internal TokenDraw Begin(Span<float> logits)
    {
        if (gate?.IsStuck(model.StopIds) == true)
        {
            Cut();
            return default;
        }
        raw = options.TopScores is null ? null : logits.ToArray();
        Adjust(logits);
        return TokenChoice.Begin(options, options.Choice, ids.Count);
    }

    /// <summary>Takes the token that was drawn.</summary>
    /// <param name="weights">What the draw made of the logits.</param>
    internal void End(TokenDraw draw, ReadOnlySpan<float> weights)
    {
        if (Finish is not null) return;
        var (id, logProbability) = TokenChoice.End(draw, weights, options);
        logProbabilities.Add(logProbability);
        var ends = model.StopIds.Contains(id);
        var scores = raw is null || ends ? null : TokenScores.Of(raw, id, options.TopScores!.Value, model.Tokenizer);
        var (text, finish) = ends ? End(id) : Take(id);
        whole.Append(text);
        Last = new GeneratedToken(id, text, finish) { LogProbability = logProbability, Scores = scores };
    }

    private void Adjust(Span<float> logits)
    {
        if (isPenalised)
            foreach (var (id, count) in counts) logits[id] -= (float)(count * options.FrequencyPenalty + options.PresencePenalty);
        foreach (var (id, bias) in options.LogitBias)
            logits[id] += (float)bias;
        gate?.Mask(logits, model.StopIds);
    }

    private (string Text, FinishReason? Finish) End(int id)
    {
        endId = id;
        return (Rest(), FinishReason.Stop);
    }

    private (string Text, FinishReason? Finish) Take(int id)
    {
        ids.Add(id);
        if (isPenalised) counts[id] = counts.GetValueOrDefault(id) + 1;
        var decoded = decoder.Append(id);
        gate?.Take(TokenMarks.Of(model.Tokenizer, id), decoded);
        var certain = scanner.Append(decoded);
        if (scanner.Stopped) return (certain, FinishReason.Stop);
        if (gate is { MustEnd: true }) return (certain + Rest(), FinishReason.Stop);
        return ids.Count >= room ? (certain + Rest(), FinishReason.Length) : (certain, null);
    }

    private string Rest() => scanner.Append(decoder.Flush()) + scanner.Flush();
}
