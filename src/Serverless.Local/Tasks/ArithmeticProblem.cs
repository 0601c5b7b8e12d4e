using System.Globalization;

namespace Serverless.Local.Tasks;

/// <summary>A sum or a difference of two two-digit numbers; a difference is not negative.</summary>
public sealed record ArithmeticProblem(int Left, bool IsSum, int Right)
{
    /// <summary>Such as <c>What is 47 + 38?</c></summary>
    public string Question => Text($"What is {Left} {Sign} {Right}?");

    public int Result => IsSum ? Left + Right : Left - Right;

    /// <summary>The result in digits.</summary>
    public string Answer => Text($"{Result}");

    /// <summary>
    /// The answer with the way there, as one works it out on paper: units, then tens with what is carried or borrowed. For 47 + 38:
    /// <c>&lt;think&gt;7+8=15,4+3+1=8&lt;/think&gt;85</c>.
    /// </summary>
    public string Solution => $"<think>{(IsSum ? Adding() : Subtracting())}</think>{Answer}";

    private char Sign => IsSum ? '+' : '-';

    private string Adding()
    {
        var units = (Left % 10) + (Right % 10);
        var carried = units > 9 ? "+1" : "";
        return Text($"{Left % 10}+{Right % 10}={units},{Left / 10}+{Right / 10}{carried}={Result / 10}");
    }

    private string Subtracting()
    {
        var borrows = Left % 10 < Right % 10;
        return Text($"{(Left % 10) + (borrows ? 10 : 0)}-{Right % 10}={Result % 10},{Left / 10}-{Right / 10}{(borrows ? "-1" : "")}={Result / 10}");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
