namespace Serverless.Learning.Text.PreTokenizers;

/// <summary>Cuts at the matches of a pattern (tokenizer.json's <c>Split</c>).</summary>
/// <param name="invert">Whether matches and the stretches between them change roles.</param>
internal sealed class SplitPreTokenizer(CodePointRegex regex, SplitBehavior behavior, bool invert = false) : PreTokenizer
{
    internal override void Split(ReadOnlySpan<char> text, bool atStart, PieceSink sink)
    {
        var cut = new PieceCut(text, atStart, behavior, sink);
        var state = new Matches { Cut = cut, Inverted = invert };
        regex.ForEachMatch(text, ref state, static (ref Matches matches, int start, int length) => matches.Take(start, length));
        state.Finish();
    }

    private ref struct Matches
    {
        internal PieceCut Cut;
        internal bool Inverted;
        private int _end;

        internal void Take(int start, int length)
        {
            Cut.Add(start - _end, isMatch: Inverted);
            Cut.Add(length, isMatch: !Inverted);
            _end = start + length;
        }

        internal void Finish()
        {
            Cut.Add(Cut.Length - _end, isMatch: Inverted);
            Cut.Flush();
        }
    }
}
