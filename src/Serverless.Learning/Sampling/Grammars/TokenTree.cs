using System.Runtime.CompilerServices;
using Serverless.Learning.Text;

namespace Serverless.Learning.Sampling.Grammars;

/// <summary>
/// The tokens of a vocabulary by their bytes, as a tree laid out in preorder: what follows a node up to its end begins with its bytes. Special tokens
/// are in it by their <see cref="TokenMarks"/>, tokens without bytes are not. Immutable.
/// </summary>
internal sealed class TokenTree
{
    private static readonly ConditionalWeakTable<Tokenizer, TokenTree> Known = [];

    private readonly int _vocabulary;
    private readonly int _deepest;
    private readonly List<Node> _nodes = [];
    private readonly List<int> _ids = [];

    private TokenTree(Tokenizer tokenizer)
    {
        _vocabulary = tokenizer.VocabularySize;
        var tokens = Enumerable.Range(0, _vocabulary)
            .Select(id => (Id: id, Bytes: TokenMarks.Of(tokenizer, id).ToArray()))
            .Where(token => token.Bytes.Length > 0)
            .ToArray();
        Array.Sort(tokens, (left, right) => left.Bytes.AsSpan().SequenceCompareTo(right.Bytes));
        _deepest = tokens.Max(token => token.Bytes.Length);
        Lay(tokens);
    }

    public static TokenTree Of(Tokenizer tokenizer) => Known.GetValue(tokenizer, static key => new TokenTree(key));

    /// <summary>A bit for each id: whether the state survives all bytes of the token.</summary>
    public ulong[] Allowed(GrammarState state, GrammarAutomaton automaton)
    {
        var allowed = new ulong[(_vocabulary + 63) / 64];
        var states = new GrammarState[_deepest + 1];
        states[0] = state;
        for (var index = 0; index < _nodes.Count;)
        {
            var node = _nodes[index];
            var next = automaton.After(states[node.Depth - 1], node.Byte);
            if (ReferenceEquals(next, GrammarState.Dead))
            {
                index = node.End;
                continue;
            }
            states[node.Depth] = next;
            for (var at = node.FirstId; at < node.FirstId + node.IdCount; at++) allowed[_ids[at] >> 6] |= 1ul << (_ids[at] & 63);
            index++;
        }
        return allowed;
    }

    private void Lay((int Id, byte[] Bytes)[] tokens)
    {
        var path = new List<int>();
        byte[] before = [];
        foreach (var (id, bytes) in tokens)
        {
            var shared = before.AsSpan().CommonPrefixLength(bytes);
            Close(path, shared);
            for (var depth = shared; depth < bytes.Length; depth++)
            {
                path.Add(_nodes.Count);
                _nodes.Add(new Node(bytes[depth], depth + 1, 0, _ids.Count, 0));
            }
            _nodes[path[^1]] = _nodes[path[^1]] with { IdCount = _nodes[path[^1]].IdCount + 1 };
            _ids.Add(id);
            before = bytes;
        }
        Close(path, 0);
    }

    private void Close(List<int> path, int depth)
    {
        for (var at = depth; at < path.Count; at++) _nodes[path[at]] = _nodes[path[at]] with { End = _nodes.Count };
        path.RemoveRange(depth, path.Count - depth);
    }

    /// <param name="Depth">How many bytes lead to the node, itself included.</param>
    /// <param name="End">The index after the last node below.</param>
    private readonly record struct Node(byte Byte, int Depth, int End, int FirstId, int IdCount);
}
