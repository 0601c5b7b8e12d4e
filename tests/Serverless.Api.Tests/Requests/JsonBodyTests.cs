using System.Text;
using Microsoft.AspNetCore.Http;
using Serverless.Api.Requests;
using Serverless.Learning;

namespace Serverless.Api.Tests.Requests;

public sealed class JsonBodyTests
{
    private const string Begin = "We could not parse the JSON body of your request: ", End = " The API expects a JSON payload.";

    [Theory]
    [InlineData("""{"model": "\ud800"}""", "found \\ud800, half of a surrogate pair. LineNumber: 0 | BytePositionInLine: 11.")]
    [InlineData("{\n\"\\udc00\": 1}", "found \\udc00, half of a surrogate pair. LineNumber: 1 | BytePositionInLine: 1.")]
    public async Task A_string_that_is_half_of_a_surrogate_pair_is_the_callers_fault(string body, string found) =>
        Assert.Equal(Begin + found + End, await RefusedAsync(Encoding.UTF8.GetBytes(body)));

    [Fact]
    public async Task A_string_that_is_not_UTF_8_is_the_callers_fault() =>
        Assert.Equal(Begin + "found 0xFF, which is not UTF-8. LineNumber: 0 | BytePositionInLine: 11." + End, await RefusedAsync([.. "{\"model\": \""u8, 0xFF, .. "\"}"u8]));

    [Fact]
    public async Task A_body_nested_deeper_than_64_levels_is_refused() => Assert.StartsWith(
        Begin + "The maximum configured depth of 64 has been exceeded.", await RefusedAsync(Encoding.UTF8.GetBytes(new string('[', 100_000))), StringComparison.Ordinal);

    [Fact]
    public async Task A_byte_order_mark_before_the_body_is_left_out()
    {
        using var document = await JsonBody.ReadAsync(Request([0xEF, 0xBB, 0xBF, .. "{\"a\":1}"u8]), new ApiSettings());
        Assert.Equal(1, document.RootElement.GetProperty("a").GetInt32());
    }

    private static async Task<string> RefusedAsync(byte[] body) =>
        (await Assert.ThrowsAsync<InputError>(() => JsonBody.ReadAsync(Request(body), new ApiSettings()))).Message;

    private static DefaultHttpContext Request(byte[] body) => new() { Request = { Body = new MemoryStream(body), ContentType = "application/json", ContentLength = body.Length } };
}
