using System.Globalization;

namespace Serverless.Learning.Text;

/// <summary>
/// How long the steps of a tokenizer.json may make a text. The file is somebody else's, and a few steps of which each makes two characters of one would fill any memory.
/// </summary>
internal static class TextGrowth
{
    // A byte-level step makes three characters of one, NFC three as well, and a space before each piece two: nobody's steps do more than two of that.
    private const int Times = 16, More = 256;

    /// <summary>The most characters of a text that had <paramref name="length"/>.</summary>
    internal static long Limit(int length) => Times * (long)length + More;

    /// <param name="place">The file and field of the step, or of all of them.</param>
    internal static InputError Error(string place) => new(string.Create(
        CultureInfo.InvariantCulture, $"{place}: found a step that makes a text too long; allowed: a text of {Times} times as many characters, and {More} more"));
}
