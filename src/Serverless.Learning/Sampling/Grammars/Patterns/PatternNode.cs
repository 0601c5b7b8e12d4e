namespace Serverless.Learning.Sampling.Grammars.Patterns;

/// <summary>A part of a regular expression.</summary>
internal abstract record PatternNode
{
    private PatternNode()
    {
    }

    /// <summary>One character of a set.</summary>
    public sealed record One(CodePointSet Set) : PatternNode;

    /// <summary>One part after the other.</summary>
    public sealed record Sequence(IReadOnlyList<PatternNode> Parts) : PatternNode;

    /// <summary>Any of several parts.</summary>
    public sealed record Either(IReadOnlyList<PatternNode> Parts) : PatternNode;

    /// <summary>A part so many times; null for any number.</summary>
    public sealed record Repeated(PatternNode Part, int Minimum, int? Maximum) : PatternNode;

    /// <summary>The text's beginning or end.</summary>
    public sealed record Anchor(bool IsEnd) : PatternNode;
}
