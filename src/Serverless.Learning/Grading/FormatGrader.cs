using System.Text.RegularExpressions;
using Serverless.Learning.Grading.Templates;

namespace Serverless.Learning.Grading;

/// <summary>1 if the input has a form, 0 otherwise: a regular expression is found in it within its time, or its thoughts are marked.</summary>
/// <param name="pattern">Null is <see cref="ThoughtFormat"/>.</param>
internal sealed class FormatGrader(string name, TextTemplate input, Regex? pattern) : Grader(name, "format")
{
    /// <summary>A longer pattern is refused.</summary>
    public const int MostPatternCharacters = 4096;

    /// <summary>
    /// A longer pattern backtracks: the engine that does not takes memory that grows with the square of the classes in the pattern before it has read a character, and no
    /// time limit holds for that. In so many characters classes take 0.2 s and 80 MB, in eight times as many 5 s and gigabytes.
    /// </summary>
    private const int MostCharactersInLinearTime = 512;

    public override IReadOnlyList<string> ItemKeys => input.ItemKeys;

    /// <summary>
    /// Compiles an expression to run in time linear in the input where it can be; look-around and back-references cannot, nor may long ones, and backtrack
    /// until the time limit.
    /// </summary>
    /// <exception cref="ArgumentException">It is no regular expression.</exception>
    public static Regex Compile(string pattern, TimeSpan timeLimit)
    {
        if (pattern.Length > MostCharactersInLinearTime)
            return new Regex(pattern, RegexOptions.CultureInvariant, timeLimit);
        try
        {
            return new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, timeLimit);
        }
        catch (NotSupportedException)
        {
            return new Regex(pattern, RegexOptions.CultureInvariant, timeLimit);
        }
    }

    internal override Grade GradeIn(GradingContext context)
    {
        if (!input.TryRender(context, $"{Name}.input", out var text, out var fault))
            return Grading.Grade.Faulty(fault!.Kind, fault.Message);
        try
        {
            var holds = pattern?.IsMatch(text) ?? ThoughtFormat.Holds(text);
            return new Grade { Score = holds ? 1 : 0, Passed = holds };
        }
        catch (RegexMatchTimeoutException timeout)
        {
            return Grading.Grade.Faulty(
                GradeFaultKind.UnresponsiveReward,
                FormattableString.Invariant(
                    $"{Name}.pattern: found no end after {timeout.MatchTimeout.TotalSeconds:0.###} s; allowed: a pattern of at most {MostCharactersInLinearTime:N0} characters ")
                + "without look-around and back-references, which takes time in proportion to the text, or one that backtracks less");
        }
    }
}
