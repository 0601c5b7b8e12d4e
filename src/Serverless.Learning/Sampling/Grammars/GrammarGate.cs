using System.Numerics;
using System.Text;

namespace Serverless.Learning.Sampling.Grammars;

/// <summary>Keeps one answer within a grammar, from its beginning or from a text of it on. Not thread safe.</summary>
internal sealed class GrammarGate
{
    private readonly GrammarAutomaton _automaton;
    private readonly string? _opening;
    private GrammarState? _state;
    private string _tail = "";

    /// <param name="opening">The text after which the grammar begins to hold; null for the answer's beginning.</param>
    public GrammarGate(GrammarAutomaton automaton, string? opening)
    {
        (_automaton, _opening) = (automaton, opening);
        _state = opening is null ? automaton.Start : null;
    }

    /// <summary>Whether the text is whole and can only end.</summary>
    public bool MustEnd => _state is { Accepts: true, Continues: false };

    /// <summary>Whether the vocabulary has no token with which the text could go on, though it is not whole.</summary>
    /// <param name="stopIds">Tokens that end the answer: none of them is a way on.</param>
    public bool IsStuck(IReadOnlySet<int> stopIds)
    {
        if (_state is not { Accepts: false }) return false;
        var allowed = _automaton.TokensAfter(_state);
        for (var word = 0; word < allowed.Length; word++)
            for (var bits = allowed[word]; bits != 0; bits &= bits - 1)
                if (!stopIds.Contains((word << 6) + BitOperations.TrailingZeroCount(bits))) return false;
        return true;
    }

    /// <summary>Makes what may not come impossible.</summary>
    /// <param name="logits">V logits.</param>
    /// <param name="stopIds">Tokens that end the answer, which may come where the text may end.</param>
    public void Mask(Span<float> logits, IReadOnlySet<int> stopIds)
    {
        if (_state is null) return;
        var ends = new List<(int Id, float Logit)>();
        foreach (var id in stopIds)
            if (_state.Accepts && id < logits.Length) ends.Add((id, logits[id]));
        var allowed = _automaton.TokensAfter(_state);
        for (var word = 0; word << 6 < logits.Length; word++)
        {
            var bits = word < allowed.Length ? allowed[word] : 0;
            if (bits == ulong.MaxValue) continue;
            for (var id = word << 6; id < Math.Min(logits.Length, (word + 1) << 6); id++)
                if ((bits >> (id & 63) & 1) == 0) logits[id] = float.NegativeInfinity;
        }
        foreach (var id in stopIds)
            if (id < logits.Length) logits[id] = float.NegativeInfinity;
        foreach (var (id, logit) in ends) logits[id] = logit;
    }

    /// <summary>Takes a token of the answer.</summary>
    /// <param name="bytes">The token's <see cref="TokenMarks"/>.</param>
    /// <param name="decoded">The characters that are complete with it.</param>
    public void Take(ReadOnlySpan<byte> bytes, string decoded)
    {
        if (_state is not null)
        {
            _state = _automaton.After(_state, bytes);
            return;
        }
        _tail += decoded;
        var found = _tail.IndexOf(_opening!, StringComparison.Ordinal);
        if (found < 0)
        {
            _tail = _tail[^Math.Min(_tail.Length, _opening!.Length - 1)..];
            return;
        }
        // What the token has beyond the opening was drawn freely: it counts if it fits.
        var begun = _automaton.After(_automaton.Start, Encoding.UTF8.GetBytes(_tail[(found + _opening!.Length)..]));
        _state = ReferenceEquals(begun, GrammarState.Dead) ? _automaton.Start : begun;
    }
}
