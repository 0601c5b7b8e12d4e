using System.Collections.Immutable;

namespace Serverless.Learning.Text.PreTokenizers;

/// <summary>Several steps; each cuts the pieces of the one before.</summary>
/// <param name="place">The file and field of the steps, for errors.</param>
internal sealed class SequencePreTokenizer(ImmutableArray<PreTokenizer> steps, string place) : PreTokenizer
{
    private readonly int _firstGrowing = steps.TakeWhile(step => !step.MayGrow).Count();

    internal override void Split(ReadOnlySpan<char> text, bool atStart, PieceSink sink)
    {
        var allowance = _firstGrowing < steps.Length - 1 ? new Allowance(TextGrowth.Limit(text.Length) * steps.Length, place) : null;
        // Built from the end: the last step hands over to the caller.
        for (var i = steps.Length - 1; i >= 0; i--)
            sink = new Stage(steps[i], sink, i > _firstGrowing ? allowance : null);
        sink.Take(text, atStart);
    }

    private sealed class Stage(PreTokenizer step, PieceSink next, Allowance? allowance) : PieceSink
    {
        internal override void Take(ReadOnlySpan<char> piece, bool atStart)
        {
            allowance?.Spend(piece.Length);
            step.Split(piece, atStart, next);
        }
    }

    /// <summary>How many characters all steps behind the first that grows may still be handed together.</summary>
    private sealed class Allowance(long characters, string place)
    {
        private long _left = characters;

        public void Spend(int characters)
        {
            if ((_left -= characters) < 0)
                throw TextGrowth.Error(place);
        }
    }
}
