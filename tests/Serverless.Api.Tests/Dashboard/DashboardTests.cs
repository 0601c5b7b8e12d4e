using System.Net;
using System.Text.RegularExpressions;

namespace Serverless.Api.Tests.Dashboard;

public sealed partial class DashboardTests
{
    [Theory]
    [InlineData("/", "chart.js", 30)]
    [InlineData("/docs", "docs-read.js", 12)]
    public async Task A_page_and_every_module_it_leads_to_is_served_with_its_type_and_kept_for_ever(string page, string module, int least)
    {
        await using var api = await BareApi.StartAsync();
        var answer = await api.Http.GetAsync(page);
        Assert.Equal("text/html; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal("no-cache", answer.Headers.CacheControl!.ToString());

        var paths = await PathsAsync(api, page);

        Assert.Contains(paths, path => path.EndsWith($"/{module}", StringComparison.Ordinal));
        Assert.InRange(paths.Count, least, 100);
        foreach (var path in paths)
        {
            var file = await api.Http.GetAsync(path);
            Assert.True(file.StatusCode == HttpStatusCode.OK, path);
            var expected = Path.GetExtension(path) switch { ".js" => "text/javascript", ".css" => "text/css", ".svg" => "image/svg+xml", var other => other };
            Assert.Equal(expected, file.Content.Headers.ContentType!.MediaType);
            Assert.Equal("public, max-age=31536000, immutable", file.Headers.CacheControl!.ToString());
        }
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/docs")]
    public async Task Only_the_services_own_files_may_be_used(string path)
    {
        await using var api = await BareApi.StartAsync();

        var page = await api.Http.GetAsync(path);

        Assert.Equal(
            "default-src 'self'; object-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            page.Headers.GetValues("Content-Security-Policy").Single());
        Assert.Equal("nosniff", page.Headers.GetValues("X-Content-Type-Options").Single());
        var html = await page.Content.ReadAsStringAsync();
        Assert.DoesNotMatch(@"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=", html);
    }

    [Fact]
    public async Task Nothing_comes_from_another_host_and_no_text_becomes_markup()
    {
        await using var api = await BareApi.StartAsync();

        string[] paths = ["/", "/docs", .. await PathsAsync(api, "/"), .. await PathsAsync(api, "/docs")];
        foreach (var path in paths.Where(path => !path.Contains("uPlot", StringComparison.Ordinal)))
        {
            var text = await api.Http.GetStringAsync(path);
            Assert.DoesNotContain("://", text.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal), StringComparison.Ordinal);
            foreach (var sink in new[] { "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "setAttribute('style'" })
                Assert.DoesNotContain(sink, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_browser_that_has_a_file_gets_it_once()
    {
        await using var api = await BareApi.StartAsync();
        var first = await api.Http.GetAsync("/");
        var again = new HttpRequestMessage(HttpMethod.Get, "/");
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!);

        Assert.Equal(HttpStatusCode.NotModified, (await api.Http.SendAsync(again)).StatusCode);
    }

    [Fact]
    public async Task A_page_of_another_version_gets_what_there_is_and_does_not_keep_it()
    {
        await using var api = await BareApi.StartAsync();

        var file = await api.Http.GetAsync("/dashboard/0123456789abcdef/main.js");

        Assert.Equal(HttpStatusCode.OK, file.StatusCode);
        Assert.Equal("no-cache", file.Headers.CacheControl!.ToString());
    }

    [Fact]
    public async Task A_file_that_the_page_does_not_have_is_a_404()
    {
        await using var api = await BareApi.StartAsync();

        Assert.Equal(HttpStatusCode.NotFound, (await api.Http.GetAsync("/dashboard/x/secrets.txt")).StatusCode);
    }

    /// <summary>The files that a page refers to, and those that its modules import.</summary>
    private static async Task<IReadOnlyCollection<string>> PathsAsync(BareApi api, string page)
    {
        var html = await api.Http.GetStringAsync(page);
        var found = References().Matches(html).Select(match => match.Groups[1].Value).Where(path => path.StartsWith("/dashboard/", StringComparison.Ordinal)).ToHashSet();
        var open = new Queue<string>(found.Where(path => path.EndsWith(".js", StringComparison.Ordinal)));
        while (open.TryDequeue(out var path))
        {
            foreach (Match import in Imports().Matches(await api.Http.GetStringAsync(path)))
            {
                var imported = $"{path[..(path.LastIndexOf('/') + 1)]}{import.Groups[1].Value}";
                if (found.Add(imported))
                    open.Enqueue(imported);
            }
        }
        return found;
    }

    [GeneratedRegex("(?:src|href)=\"([^\"]*)\"")]
    private static partial Regex References();

    [GeneratedRegex(@"from '\./([^']+)'")]
    private static partial Regex Imports();
}
