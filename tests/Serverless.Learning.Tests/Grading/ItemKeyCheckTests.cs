using System.Text;
using Serverless.Learning.Data;

namespace Serverless.Learning.Tests.Grading;

public sealed class ItemKeyCheckTests
{
    [Theory]
    [InlineData("{\"a\": 1, \"b\": {\"c\": 2}}\n\n{\"b\": [], \"a\": null}", null)]
    [InlineData("{\"a\": 1, \"b\": 1}\n\n{\"a\": {\"b\": 1}, \"c\": 1}\n{}", "3 b a,c")]
    [InlineData("\uFEFF{\"b\": 1}", "1 a b")]
    [InlineData("{\"\\u0061\": 1, \"b\": 1}\nno json\n[1]", null)]
    public async Task The_first_line_without_a_key_is_found_with_those_it_has(string text, string? expected)
    {
        var found = await ItemKeyCheck.FirstMissingAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), ["a", "b"], int.MaxValue, TestContext.Current.CancellationToken);
        Assert.Equal(expected, found is { } missing ? $"{missing.Line} {missing.Key} {string.Join(',', missing.Found)}" : null);
    }

    [Fact]
    public async Task Lines_beyond_those_that_are_answered_need_no_key() =>
        Assert.Null(await ItemKeyCheck.FirstMissingAsync(new MemoryStream("{\"a\": 1}\n{}"u8.ToArray()), ["a"], 1, TestContext.Current.CancellationToken));
}
