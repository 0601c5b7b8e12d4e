using System.Collections.Immutable;

namespace Serverless.Learning.Text.PreTokenizers;

/// <summary>Several steps; each cuts the pieces of the one before.</summary>
internal sealed class SequencePreTokenizer(ImmutableArray<PreTokenizer> steps) : PreTokenizer
{
    internal override void Split(ReadOnlySpan<char> text, bool atStart, PieceSink sink)
    {
        // Built from the end: the last step hands over to the caller.
        for (var i = steps.Length - 1; i >= 0; i--)
            sink = new Stage(steps[i], sink);
        sink.Take(text, atStart);
    }

    private sealed class Stage(PreTokenizer step, PieceSink next) : PieceSink
    {
        internal override void Take(ReadOnlySpan<char> piece, bool atStart) => step.Split(piece, atStart, next);
    }
}
