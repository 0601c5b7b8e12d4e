namespace Serverless.Learning.Sampling.Grammars;

/// <summary>A place in a grammar's rule. Nodes refer to each other by their index in the grammar.</summary>
internal abstract record GrammarNode
{
    private GrammarNode()
    {
    }

    /// <summary>The end of a rule.</summary>
    public sealed record Return : GrammarNode;

    /// <summary>One byte of a set, then on.</summary>
    public sealed record Bytes(ByteSet Set, int Next) : GrammarNode;

    /// <summary>Any of several places.</summary>
    public sealed record Choice(IReadOnlyList<int> Alternatives) : GrammarNode;

    /// <summary>A whole rule, then on.</summary>
    public sealed record Call(int Rule, int Next) : GrammarNode;
}
