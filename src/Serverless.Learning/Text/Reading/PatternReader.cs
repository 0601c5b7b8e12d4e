using System.Text.RegularExpressions;
using Serverless.Learning.Text.PreTokenizers;

namespace Serverless.Learning.Text.Reading;

/// <summary>Reads a pattern: <c>{"String": …}</c> stands for itself, <c>{"Regex": …}</c> is a regular expression of Oniguruma's kind.</summary>
internal static class PatternReader
{
    internal static CodePointRegex Read(TokenizerField pattern)
    {
        if (pattern.Optional("String") is { IsNull: false } literal)
            return new CodePointRegex(Regex.Escape(literal.Text()), literal.Place);
        var regex = pattern.Required("Regex");
        try
        {
            return new CodePointRegex(OnigurumaPattern.Translate(regex.Text()), regex.Place);
        }
        catch (ArgumentException cause)
        {
            throw new InputError($"{regex.Place}: found a pattern that is not supported: {cause.Message}", innerException: cause);
        }
    }
}
