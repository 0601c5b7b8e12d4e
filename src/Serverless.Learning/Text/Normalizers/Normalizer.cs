namespace Serverless.Learning.Text.Normalizers;

/// <summary>One step that rewrites text before it is cut (the section <c>normalizer</c> of tokenizer.json).</summary>
internal abstract class Normalizer
{
    /// <param name="text">Well-formed UTF-16.</param>
    /// <param name="most">The most characters of the result (<see cref="TextGrowth"/>).</param>
    /// <returns>Well-formed UTF-16; the same instance when nothing changes.</returns>
    /// <exception cref="InputError">The result would be longer.</exception>
    internal abstract string Apply(string text, long most);
}
