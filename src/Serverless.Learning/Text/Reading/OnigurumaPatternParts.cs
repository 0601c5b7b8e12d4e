using System.Text.RegularExpressions;

namespace Serverless.Learning.Text.Reading;

/// <summary>The pieces of Oniguruma's syntax that are longer than a character.</summary>
internal static partial class OnigurumaPatternParts
{
    /// <summary>A number of repetitions; any other brace stands for itself.</summary>
    [GeneratedRegex(@"\G\{(\d{1,9}(,\d{0,9})?|,\d{1,9})\}", RegexOptions.CultureInvariant)]
    internal static partial Regex Count();

    /// <summary>The beginning of a group of a supported kind, or a comment.</summary>
    [GeneratedRegex(
        @"\G\((?:\?(?:(?<comment>\#[^)\\]*\))|(?<look>[:=!>]|<[=!])|<[A-Za-z_]\w*>|(?<options>[im]*(?:-[im]+)?)[:)])|(?!\?))",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    internal static partial Regex Opening();

    /// <summary>The names of Unicode's general categories.</summary>
    [GeneratedRegex(@"\G\{(?<negated>\^?)(?<name>L[ulmto]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?|C[cfosn]?)\}", RegexOptions.CultureInvariant)]
    internal static partial Regex Category();

    /// <summary>A code point in hexadecimal, after its letter.</summary>
    [GeneratedRegex(@"\G(?:(?<=x)(?:\{0*(?<code>[0-9A-Fa-f]{1,4})\}|(?<code>[0-9A-Fa-f]{2}))|(?<=u)(?<code>[0-9A-Fa-f]{4}))", RegexOptions.CultureInvariant)]
    internal static partial Regex CodePoint();
}
