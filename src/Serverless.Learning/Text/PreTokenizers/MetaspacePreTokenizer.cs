namespace Serverless.Learning.Text.PreTokenizers;

/// <summary>SentencePiece's treatment of spaces as a pre-tokenizer (tokenizer.json's <c>Metaspace</c>).</summary>
/// <param name="mark">What a space becomes, usually <c>▁</c> (U+2581).</param>
/// <param name="split">Whether every mark starts a piece of its own.</param>
internal sealed class MetaspacePreTokenizer(char mark, PrependScheme scheme, bool split) : PreTokenizer
{
    internal override bool MayGrow => true;

    internal override void Split(ReadOnlySpan<char> text, bool atStart, PieceSink sink)
    {
        if (text.IsEmpty)
            return;
        var marked = text.ToString().Replace(' ', mark);
        if (marked[0] != mark && (scheme == PrependScheme.Always || (scheme == PrependScheme.First && atStart)))
            marked = mark + marked;
        if (!split)
        {
            sink.Take(marked, atStart);
            return;
        }
        for (var start = 0; start < marked.Length;)
        {
            var next = marked.IndexOf(mark, start + 1);
            var end = next < 0 ? marked.Length : next;
            sink.Take(marked.AsSpan(start, end - start), atStart && start == 0);
            start = end;
        }
    }
}
