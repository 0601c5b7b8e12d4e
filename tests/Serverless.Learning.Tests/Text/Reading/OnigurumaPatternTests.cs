using System.Text.RegularExpressions;
using Serverless.Learning.Text.Reading;

namespace Serverless.Learning.Tests.Text.Reading;

public sealed class OnigurumaPatternTests
{
    /// <summary>What published tokenizers have: Qwen2's, GPT-4's with possessive quantifiers, and DeepSeek-V3's.</summary>
    [Theory]
    [InlineData(
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")]
    [InlineData(
        @"[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*",
        @"(?>[^\r\n\p{L}\p{N}]?)\p{L}+|\p{N}{1,3}| ?(?>[^\s\p{L}\p{N}]+)[\r\n]*")]
    [InlineData(
        @"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+| ?[\p{P}\p{S}]+[\r\n]*",
        @"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+| ?[\p{P}\p{S}]+[\r\n]*")]
    [InlineData("[一-龥぀-ゟ゠-ヿ]+", "[一-龥぀-ゟ゠-ヿ]+")]
    public void What_both_read_alike_stays_and_possessive_quantifiers_become_atomic_groups(string pattern, string expected) =>
        Assert.Equal(expected, OnigurumaPattern.Translate(pattern));

    [Theory]
    [InlineData("(a|b)c", "(?:a|b)c")]
    [InlineData(@"\<s>|\'a\'", "<s>|'a'")]
    [InlineData("(?<word>a)", "(?:a)")]
    [InlineData("(ab)++c", "(?>(?:ab)+)c")]
    [InlineData("a(?#which is the first)b", "ab")]
    [InlineData("^a$", "(?m:^)a(?m:$)")]
    [InlineData("(?m:.)", "(?s:.)")]
    [InlineData("(?mi-im:.)", "(?si-is:.)")]
    [InlineData("(?i)a|b", "(?i)a|b")]
    [InlineData("(?:(?i)a|b)", "(?:(?i)a|b)")]
    [InlineData("a{,3}", "a{0,3}")]
    [InlineData("a{2,3}?b{x}", "a{2,3}?b{x}")]
    [InlineData(@"\p{^L}\P{^Nd}\P{S}", @"\P{L}\p{Nd}\P{S}")]
    [InlineData(@"\x41\x{3042}\u00e9", @"\u0041\u3042\u00E9")]
    [InlineData(@"\_\é\/", @"_é\/")]
    [InlineData("[]a]", @"[\]a]")]
    [InlineData(@"\w", @"[\p{L}\p{M}\p{Nd}\p{Pc}]")]
    [InlineData(@"[^\w]", @"[^\p{L}\p{M}\p{Nd}\p{Pc}]")]
    public void What_NET_would_read_differently_is_written_otherwise(string pattern, string expected)
    {
        Assert.Equal(expected, OnigurumaPattern.Translate(pattern));
        _ = new Regex(expected);
    }

    [Theory]
    [InlineData(@"\w+", "का1_", "का1_")] // a vowel sign is a mark, which .NET does not count to a word
    [InlineData(@"\W", "ाx!", "!")]
    [InlineData(@"\bका\b", "काा का", "का")]
    [InlineData(@"a\B.", "a! ab", "ab")]
    [InlineData("^b", "a\nb", "b")]
    [InlineData("a$", "a\nb", "a")]
    [InlineData("(?m:a.b)", "a\nb", "a\nb")]
    [InlineData("a++a|b", "aab", "b")]
    public void A_translated_pattern_matches_what_Ruby_documents(string pattern, string text, string match) =>
        Assert.Equal(match, Regex.Match(text, OnigurumaPattern.Translate(pattern)).Value);

    [Theory]
    [InlineData("[a-z&&[^b]]", "an intersection of classes at character 5")]
    [InlineData("[a[bc]]", "a class within a class at character 3")]
    [InlineData("[[:alpha:]]", "a class within a class at character 2")]
    [InlineData("[a", "a class without its end at character 1")]
    [InlineData("x(a", "a group without its end at character 4")]
    [InlineData("a)", "')' without a group at character 2")]
    [InlineData("a|*", "a quantifier with nothing to repeat at character 3")]
    [InlineData("a**", "a quantifier with nothing to repeat at character 3")]
    [InlineData("a{2}?", "'{2}?' at character 2")]
    [InlineData("a{2,3}+", "'{2,3}+' at character 2")]
    [InlineData("ab(?i)c|d", "'(?i)' in the middle of a pattern at character 3")]
    [InlineData("(?x: a)", "the group '(?x:' at character 1")]
    [InlineData("(?~ab)", "the group '(?~a' at character 1")]
    [InlineData("(?<a-b>c)", "the group '(?<a' at character 1")]
    [InlineData(@"(a)\1", @"'\1' at character 4")]
    [InlineData(@"(?<a>b)\k<a>", @"'\k' at character 8")]
    [InlineData(@"\p{Han}+", @"'\p{Han}' at character 1")]
    [InlineData(@"\h", @"'\h' at character 1")]
    [InlineData(@"a\R", @"'\R' at character 2")]
    [InlineData(@"[\W]", @"'\W' at character 2")]
    [InlineData(@"\x{1F600}", @"'\x{1F600}' at character 1")]
    [InlineData(@"\uD83D", "half a character at character 1")]
    [InlineData("[😀-😎]", "a character beyond U+FFFF at character 2")]
    [InlineData(@"a\", "a backslash with nothing after it at character 2")]
    public void What_is_not_supported_is_named_with_its_place(string pattern, string message) =>
        Assert.Equal(message, Assert.Throws<ArgumentException>(() => OnigurumaPattern.Translate(pattern)).Message);

    [Fact]
    public void A_pattern_has_a_longest_length() => Assert.Equal(
        "16385 characters; allowed: 16384", Assert.Throws<ArgumentException>(() => OnigurumaPattern.Translate(new string('a', 16385))).Message);
}
