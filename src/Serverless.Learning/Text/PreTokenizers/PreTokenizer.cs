namespace Serverless.Learning.Text.PreTokenizers;

/// <summary>One step that cuts text into the pieces across which no merge reaches (the section <c>pre_tokenizer</c> of tokenizer.json).</summary>
internal abstract class PreTokenizer
{
    /// <summary>Whether all pieces of a text together can be longer than the text.</summary>
    internal virtual bool MayGrow => false;

    /// <summary>Hands the pieces of <paramref name="text"/> to <paramref name="sink"/>; empty pieces are left out.</summary>
    /// <param name="text">Well-formed UTF-16: no lone surrogates.</param>
    internal abstract void Split(ReadOnlySpan<char> text, bool atStart, PieceSink sink);
}
