using System.Text.Json;
using Serverless.Learning.Text.PreTokenizers;
using Serverless.Learning.Text.Reading;

namespace Serverless.Learning.Tests.Text.Reading;

public sealed class PatternReaderTests
{
    private const string Endless = "^(?:a|a?)+$";

    [Fact]
    public void A_pattern_that_is_not_supported_is_refused_with_file_and_field()
    {
        using var json = JsonDocument.Parse("""{"Regex": "[a-z&&[^b]]"}""");
        var error = Assert.Throws<InputError>(() => PatternReader.Read(new TokenizerField("tokenizer.json", "pre_tokenizer.pattern", json.RootElement)));
        Assert.Equal("tokenizer.json pre_tokenizer.pattern.Regex: found a pattern that is not supported: an intersection of classes at character 5", error.Message);
    }

    [Fact]
    public void A_pattern_that_matches_without_end_is_given_up_with_file_and_field()
    {
        var regex = new CodePointRegex(OnigurumaPattern.Translate(Endless), "tokenizer.json pre_tokenizer.pattern.Regex", TimeSpan.FromMilliseconds(50));
        foreach (var text in new[] { new string('a', 60) + "!", new string('a', 60) + "😀" })
        {
            var error = Assert.Throws<InputError>(() => CountOf(regex, text));
            Assert.Equal(
                $"tokenizer.json pre_tokenizer.pattern.Regex: found a pattern that takes more than 0.05 seconds at one place of a text of {text.Length} characters; "
                + "allowed: one that does not try the same again and again",
                error.Message);
        }
        Assert.Equal(1, CountOf(regex, "aaa"));
    }

    [Fact]
    public void A_pattern_that_is_slow_at_each_place_is_given_up_for_the_text_as_a_whole()
    {
        // Each match takes milliseconds: the number of ways to part the letters into ones and twos.
        var regex = new CodePointRegex("(?:a|aa)+b|a|.", "tokenizer.json pre_tokenizer.pattern.Regex", TimeSpan.FromMilliseconds(300));
        var text = string.Concat(Enumerable.Repeat(new string('a', 22) + " ", 2000));
        Assert.StartsWith(
            $"tokenizer.json pre_tokenizer.pattern.Regex: found a pattern that takes more than 0.76 seconds for a text of {text.Length} characters; allowed: ",
            Assert.Throws<InputError>(() => CountOf(regex, text)).Message, StringComparison.Ordinal);
        Assert.Equal(23, CountOf(regex, text[..23]));
    }

    private static int CountOf(CodePointRegex regex, string text)
    {
        var count = 0;
        regex.ForEachMatch(text, ref count, static (ref int all, int _, int _) => all++);
        return count;
    }
}
