using System.IO.Compression;
using System.Net;
using Serverless.Tests.Shared;

namespace Serverless.Api.Tests.Dashboard;

/// <summary>Static files are compressed for those who take them so, and nothing else is.</summary>
public sealed class CompressionTests(AzuriteFixture azurite)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("gzip, deflate, br, zstd", "br")]
    [InlineData("gzip, deflate", "gzip")]
    [InlineData("br;q=0.5, gzip;q=0.8", "gzip")]
    [InlineData("*", "br")]
    [InlineData("br;q=0, *;q=0.1", "gzip")]
    [InlineData("identity", null)]
    [InlineData("identity, gzip;q=0.5", null)]
    [InlineData("br;q=0, gzip;q=0.1, *", null)]
    [InlineData("identity, gzip", "gzip")]
    [InlineData("identity;q=0.1, br;q=0.2", "br")]
    [InlineData("br;q=0, gzip;q=0", null)]
    [InlineData(null, null)]
    public async Task A_static_file_comes_in_the_coding_that_the_client_likes_best(string? accepted, string? coding)
    {
        await using var api = await BareApi.StartAsync();
        foreach (var path in new[] { "/", "/docs", "/openapi.json", "/dashboard/x/main.js", "/dashboard/x/theme.css", "/dashboard/x/icon.svg" })
        {
            var plain = await api.Http.GetByteArrayAsync(path, Ct);

            var answer = await GetAsync(api.Http, path, accepted);

            Assert.Equal(coding is null ? [] : [coding], answer.Content.Headers.ContentEncoding);
            Assert.Equal(["Accept-Encoding"], answer.Headers.Vary);
            var sent = await answer.Content.ReadAsByteArrayAsync(Ct);
            Assert.Equal(sent.Length, answer.Content.Headers.ContentLength);
            Assert.Equal(plain, await UnpackedAsync(sent, coding));
            Assert.True(coding is null || sent.Length < plain.Length, path);
        }
    }

    [Fact]
    public async Task Each_coding_has_an_ETag_of_its_own_by_which_a_browser_asks_again()
    {
        await using var api = await BareApi.StartAsync();
        var etags = new List<string>();
        foreach (var accepted in new[] { null, "gzip", "br" })
            etags.Add((await GetAsync(api.Http, "/", accepted)).Headers.ETag!.Tag);

        Assert.Equal(3, etags.Distinct().Count());
        Assert.Equal(HttpStatusCode.NotModified, (await GetAsync(api.Http, "/", "br", etags[2])).StatusCode);
        Assert.Equal(HttpStatusCode.NotModified, (await GetAsync(api.Http, "/", "gzip", $"\"other\", W/{etags[1]}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotModified, (await GetAsync(api.Http, "/openapi.json", "br", "*")).StatusCode);
        var other = await GetAsync(api.Http, "/", "br", etags[0]);
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        var known = await GetAsync(api.Http, "/", "br", etags[2]);
        Assert.Equal((etags[2], "Accept-Encoding"), (known.Headers.ETag!.Tag, known.Headers.Vary.Single()));
        Assert.Empty(known.Content.Headers.ContentEncoding);
        Assert.Empty(await known.Content.ReadAsByteArrayAsync(Ct));
    }

    [Fact]
    public async Task A_file_for_a_page_of_an_allowed_origin_depends_on_that_as_well()
    {
        await using var api = await BareApi.StartAsync(new ApiSettings { AllowedOrigins = ["https://tools.example"] });
        api.Http.DefaultRequestHeaders.Add("Origin", "https://tools.example");

        var answer = await GetAsync(api.Http, "/openapi.json", "br");

        Assert.Equal(["Accept-Encoding", "Origin"], answer.Headers.Vary.Order());
    }

    [Theory]
    [InlineData("/v1/fine_tuning/updates", "text/event-stream")]
    [InlineData("/v1/fine_tuning/jobs", "application/json")]
    public async Task A_stream_and_an_answer_of_the_API_come_as_they_are(string path, string type)
    {
        await using var server = await ApiServer.StartAsync(azurite);

        using var answer = await GetAsync(server.Http, path, "gzip, br");

        Assert.Equal((HttpStatusCode.OK, type), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        Assert.Empty(answer.Content.Headers.ContentEncoding);
    }

    private static Task<HttpResponseMessage> GetAsync(HttpClient http, string path, string? accepted, string? known = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (accepted is not null)
            request.Headers.TryAddWithoutValidation("Accept-Encoding", accepted);
        if (known is not null)
            request.Headers.TryAddWithoutValidation("If-None-Match", known);
        return http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Ct);
    }

    private static async Task<byte[]> UnpackedAsync(byte[] sent, string? coding)
    {
        if (coding is null)
            return sent;
        using var packed = new MemoryStream(sent);
        await using Stream unpacking = coding == "br" ? new BrotliStream(packed, CompressionMode.Decompress) : new GZipStream(packed, CompressionMode.Decompress);
        using var plain = new MemoryStream();
        await unpacking.CopyToAsync(plain, Ct);
        return plain.ToArray();
    }
}
