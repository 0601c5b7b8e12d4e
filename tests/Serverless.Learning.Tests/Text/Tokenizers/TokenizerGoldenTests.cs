namespace Serverless.Learning.Tests.Text.Tokenizers;

public sealed class TokenizerGoldenTests
{
    public static TheoryData<string> Families => TokenizerGolden.Families;

    [Theory]
    [MemberData(nameof(Families))]
    public void Texts_become_the_ids_that_Hugging_Face_gives(string family)
    {
        var tokenizer = TokenizerGolden.Load(family);
        Assert.Multiple([.. TokenizerGolden.CasesOf(family).Select<TokenizerGolden.Case, Action>(entry => () =>
            Assert.Equal(
                $"{entry.Text}: {string.Join(' ', entry.Ids)}",
                $"{entry.Text}: {string.Join(' ', tokenizer.Encode(entry.Text, parseSpecial: true))}"))]);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Ids_become_the_text_that_Hugging_Face_gives(string family)
    {
        var tokenizer = TokenizerGolden.Load(family);
        Assert.Multiple([.. TokenizerGolden.CasesOf(family).Select<TokenizerGolden.Case, Action>(entry => () =>
        {
            Assert.Equal(entry.Decoded, tokenizer.Decode(entry.Ids, skipSpecial: false));
            Assert.Equal(entry.Skipped, tokenizer.Decode(entry.Ids, skipSpecial: true));
        })]);
    }
}
