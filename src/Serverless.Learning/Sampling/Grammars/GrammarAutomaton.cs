using System.Runtime.CompilerServices;
using Serverless.Learning.Text;

namespace Serverless.Learning.Sampling.Grammars;

/// <summary>
/// A grammar made deterministic as far as texts come: each state knows the state after each byte and the tokens that may follow, both computed
/// when first needed and kept. A vocabulary is tested as a tree of bytes, so that a beginning which cannot be is refused once for
/// all tokens that share it. Thread safe.
/// </summary>
internal sealed class GrammarAutomaton
{
    private const int MaxStates = 8192, MaxMasks = 512;
    private static readonly ConditionalWeakTable<Grammar, ConditionalWeakTable<Tokenizer, GrammarAutomaton>> Known = [];

    private readonly Grammar _grammar;
    private readonly TokenTree _tokens;
    private readonly Lock _lock = new();
    private readonly Dictionary<(int Next, int Parent), GrammarFrame> _frames = [];
    private readonly Dictionary<string, GrammarState> _states = [];
    private int _masks;
    private int _frameCount;

    private GrammarAutomaton(Grammar grammar, TokenTree tokens)
    {
        (_grammar, _tokens) = (grammar, tokens);
        Start = Closed([new GrammarState.Place(grammar.Rules[grammar.Root], null)]);
    }

    /// <summary>The state before the first byte.</summary>
    public GrammarState Start { get; }

    /// <summary>The automaton of a grammar for a vocabulary, the same for equal arguments.</summary>
    public static GrammarAutomaton Of(Grammar grammar, Tokenizer tokenizer) =>
        Known.GetOrCreateValue(grammar).GetValue(tokenizer, key => new GrammarAutomaton(grammar, TokenTree.Of(key)));

    /// <summary>The state after one more byte.</summary>
    public GrammarState After(GrammarState state, byte value) => state[value] ?? Advance(state, value);

    /// <summary>The state after more bytes.</summary>
    public GrammarState After(GrammarState state, ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes) state = After(state, value);
        return state;
    }

    /// <summary>A bit for each id: whether the text may go on with the token. Tokens that add nothing may not.</summary>
    public ulong[] TokensAfter(GrammarState state)
    {
        if (state.Tokens is { } known) return known;
        lock (_lock)
        {
            if (++_masks > MaxMasks || _states.Count > MaxStates) Forget();
            return state.Tokens ??= _tokens.Allowed(state, this);
        }
    }

    private void Forget()
    {
        foreach (var state in _states.Values) state.Forget();
        _states.Clear();
        _frames.Clear();
        _masks = 1;
    }

    private GrammarState Advance(GrammarState state, byte value)
    {
        lock (_lock)
        {
            var next = state.Places
                .Where(place => ((GrammarNode.Bytes)_grammar.Nodes[place.Node]).Set.Contains(value))
                .Select(place => place with { Node = ((GrammarNode.Bytes)_grammar.Nodes[place.Node]).Next });
            return state[value] = Closed(next);
        }
    }

    /// <summary>Follows everything that takes no byte.</summary>
    private GrammarState Closed(IEnumerable<GrammarState.Place> from)
    {
        var seen = new HashSet<GrammarState.Place>();
        var waiting = new List<GrammarState.Place>();
        var accepts = false;
        var open = new Stack<GrammarState.Place>(from);
        while (open.TryPop(out var place))
        {
            if (!seen.Add(place)) continue;
            switch (_grammar.Nodes[place.Node])
            {
                case GrammarNode.Bytes:
                    waiting.Add(place);
                    break;
                case GrammarNode.Choice choice:
                    // What could not be ended within the bound of nesting is not begun; the shallowest alternative always can.
                    foreach (var alternative in choice.Alternatives)
                        if ((place.Frame?.Depth ?? 0) + _grammar.Heights[alternative] <= Grammar.MaxDepth) open.Push(place with { Node = alternative });
                    break;
                case GrammarNode.Call call:
                    open.Push(new GrammarState.Place(_grammar.Rules[call.Rule], FrameOf(call.Next, place.Frame)));
                    break;
                case GrammarNode.Return when place.Frame is { } frame:
                    open.Push(new GrammarState.Place(frame.Next, frame.Parent));
                    break;
                default:
                    accepts = true;
                    break;
            }
        }
        return waiting.Count > 0 || accepts ? StateOf(waiting, accepts) : GrammarState.Dead;
    }

    private GrammarFrame? FrameOf(int next, GrammarFrame? parent)
    {
        // A call at the end of a rule returns to where the rule itself returns to.
        if (next == GrammarBuilder.End && parent is not null) return parent;
        var key = (next, parent?.Id ?? -1);
        return _frames.TryGetValue(key, out var known) ? known : _frames[key] = new GrammarFrame(_frameCount++, next, parent);
    }

    private GrammarState StateOf(List<GrammarState.Place> waiting, bool accepts)
    {
        var key = string.Join(' ', waiting.Select(place => ((long)place.Node << 32) | (uint)((place.Frame?.Id ?? -1) + 1)).Order()) + (accepts ? "!" : "");
        if (_states.TryGetValue(key, out var known)) return known;
        return _states[key] = new GrammarState(waiting, accepts);
    }
}
