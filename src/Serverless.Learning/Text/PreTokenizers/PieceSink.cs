namespace Serverless.Learning.Text.PreTokenizers;

/// <summary>Takes the pieces that a <see cref="PreTokenizer"/> cuts, in the order of the text.</summary>
internal abstract class PieceSink
{
    /// <param name="piece">A stretch of the text, valid during the call only.</param>
    /// <param name="atStart">Whether the piece starts where the whole text starts.</param>
    internal abstract void Take(ReadOnlySpan<char> piece, bool atStart);
}
