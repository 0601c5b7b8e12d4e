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

    private static int CountOf(CodePointRegex regex, string text)
    {
        var count = 0;
        regex.ForEachMatch(text, ref count, static (ref int all, int _, int _) => all++);
        return count;
    }
}
