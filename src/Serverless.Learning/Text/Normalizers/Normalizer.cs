namespace Serverless.Learning.Text.Normalizers;

/// <summary>One step that rewrites text before it is cut (the section <c>normalizer</c> of tokenizer.json).</summary>
internal abstract class Normalizer
{
    /// <param name="text">Well-formed UTF-16.</param>
    /// <returns>Well-formed UTF-16; the same instance when nothing changes.</returns>
    internal abstract string Apply(string text);
}
