using System.Globalization;
using System.Text.RegularExpressions;

namespace Serverless.Api.Tests.Dashboard;

/// <summary>The colours of the page, from its style sheet: text on what it stands on, as WCAG 2.2 asks (1.4.3, level AA).</summary>
public sealed class ContrastTests
{
    private const double Least = 4.5;

    private static readonly Dictionary<string, string[]> Colours = Regex.Matches(
        File.ReadAllText(Path.Combine(RepositoryFolder.Dashboard, "Page", "theme.css")), @"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
        .ToDictionary(colour => colour.Groups[1].Value, colour => new[] { colour.Groups[2].Value, colour.Groups[3].Value });

    [Theory]
    [InlineData("ink", "paper", "panel", "inset", "hover")]
    [InlineData("soft", "paper", "panel", "inset", "hover")]
    [InlineData("faint", "paper", "panel", "inset")]
    [InlineData("accent", "paper", "panel", "accent-wash")]
    [InlineData("accent-ink", "accent")]
    [InlineData("good", "panel", "good-wash")]
    [InlineData("bad", "panel", "bad-wash")]
    [InlineData("wait", "panel", "wait-wash")]
    public void Text_can_be_read_on_what_it_stands_on_in_both_themes(string text, params string[] grounds)
    {
        foreach (var ground in grounds)
            for (var theme = 0; theme < 2; theme++)
            {
                var contrast = Contrast(Colours[text][theme], Colours[ground][theme]);
                Assert.True(contrast >= Least, $"{text} on {ground}, {(theme == 0 ? "light" : "dark")}: {contrast:0.00}");
            }
    }

    [Fact]
    public void Black_on_white_has_the_greatest_contrast() => Assert.Equal(21, Contrast("#000000", "#ffffff"), 6);

    private static double Contrast(string one, string other)
    {
        var (light, dark) = (Math.Max(Luminance(one), Luminance(other)), Math.Min(Luminance(one), Luminance(other)));
        return (light + 0.05) / (dark + 0.05);
    }

    private static double Luminance(string colour) => 0.2126 * Part(colour, 1) + 0.7152 * Part(colour, 3) + 0.0722 * Part(colour, 5);

    private static double Part(string colour, int at)
    {
        var share = int.Parse(colour.AsSpan(at, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0;
        return share <= 0.04045 ? share / 12.92 : Math.Pow((share + 0.055) / 1.055, 2.4);
    }
}
