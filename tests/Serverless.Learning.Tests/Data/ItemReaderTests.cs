using System.Text;
using Serverless.Learning.Data;

namespace Serverless.Learning.Tests.Data;

public sealed class ItemReaderTests
{
    [Fact]
    public void Every_object_comes_with_its_line()
    {
        var items = Read("{\"a\": 1}\n\n  \n{\"b\": [2]}\r\n{}").ToList();
        Assert.Equal([1, 4, 5], items.Select(item => item.Line));
        Assert.Equal(["""{"a": 1}""", """{"b": [2]}""", "{}"], items.Select(item => item.Item.GetRawText()));
    }

    [Theory]
    [InlineData("{\"a\": 1}\n[1]\n", "items.jsonl line 2: found an array; allowed: one JSON object per line")]
    [InlineData("{\"a\": }", "items.jsonl line 1, byte 7: found something that is not JSON; allowed: one JSON object per line")]
    public void A_line_that_is_no_object_is_named(string content, string message) =>
        Assert.Equal(message, Assert.Throws<InputError>(() => Read(content).ToList()).Message);

    [Theory]
    [InlineData("{\"a\": \"\\ud800\"}", "items.jsonl line 1, byte 8: found something that is not JSON; allowed: one JSON object per line")]
    [InlineData("{}\n{\"a\": \"\\udc00x\"}", "items.jsonl line 2, byte 8: found something that is not JSON; allowed: one JSON object per line")]
    public void A_line_with_half_of_a_surrogate_pair_is_named_before_a_grader_meets_it(string content, string message) =>
        Assert.Equal(message, Assert.Throws<InputError>(() => Read(content).ToList()).Message);

    [Fact]
    public void A_line_with_a_string_that_is_not_UTF_8_is_named_before_a_grader_meets_it()
    {
        byte[] content = [.. "{\"a\": \""u8, 0xC3, .. "\"}"u8];
        Assert.Equal(
            "items.jsonl line 1, byte 8: found something that is not JSON; allowed: one JSON object per line",
            Assert.Throws<InputError>(() => ItemReader.Read(new MemoryStream(content), "items.jsonl").ToList()).Message);
    }

    private static IEnumerable<(int Line, System.Text.Json.JsonElement Item)> Read(string content) =>
        ItemReader.Read(new MemoryStream(Encoding.UTF8.GetBytes(content)), "items.jsonl");
}
