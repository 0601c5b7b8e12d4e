using System.Net;
using System.Text.RegularExpressions;

namespace Serverless.Api.Tests.Dashboard;

public sealed partial class DashboardTests
{
    [Fact]
    public async Task The_page_and_all_it_refers_to_is_served_with_its_type()
    {
        await using var api = await BareApi.StartAsync();

        var page = await api.Http.GetAsync("/");
        var html = await page.Content.ReadAsStringAsync();
        var references = References().Matches(html).Select(match => match.Groups[1].Value).Where(path => path.StartsWith('/')).ToArray();

        Assert.Equal("text/html; charset=utf-8", page.Content.Headers.ContentType!.ToString());
        Assert.Contains("/dashboard/dashboard.js", references);
        foreach (var path in references.Append("/dashboard/api.js").Append("/dashboard/view.js").Append("/dashboard/curve.js"))
        {
            var file = await api.Http.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, file.StatusCode);
            var expected = Path.GetExtension(path) switch { ".js" => "text/javascript", ".css" => "text/css", ".svg" => "image/svg+xml", var other => other };
            Assert.Equal(expected, file.Content.Headers.ContentType!.MediaType);
        }
    }

    [Fact]
    public async Task Only_the_services_own_scripts_may_run()
    {
        await using var api = await BareApi.StartAsync();

        var page = await api.Http.GetAsync("/");

        Assert.Equal(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            page.Headers.GetValues("Content-Security-Policy").Single());
        Assert.Equal("nosniff", page.Headers.GetValues("X-Content-Type-Options").Single());
    }

    [Fact]
    public async Task Nothing_comes_from_another_host_and_no_text_becomes_markup()
    {
        await using var api = await BareApi.StartAsync();

        foreach (var path in new[] { "/", "/dashboard/dashboard.js", "/dashboard/api.js", "/dashboard/view.js", "/dashboard/curve.js", "/dashboard/dashboard.css" })
        {
            var text = await api.Http.GetStringAsync(path);
            Assert.DoesNotContain("://", text.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.DoesNotContain("innerHTML", text, StringComparison.Ordinal);
            Assert.DoesNotContain("insertAdjacentHTML", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_browser_that_has_a_file_gets_it_once()
    {
        await using var api = await BareApi.StartAsync();
        var first = await api.Http.GetAsync("/dashboard/dashboard.css");
        var again = new HttpRequestMessage(HttpMethod.Get, "/dashboard/dashboard.css");
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!);

        Assert.Equal(HttpStatusCode.NotModified, (await api.Http.SendAsync(again)).StatusCode);
    }

    [Fact]
    public async Task A_file_that_the_page_does_not_have_is_a_404()
    {
        await using var api = await BareApi.StartAsync();

        Assert.Equal(HttpStatusCode.NotFound, (await api.Http.GetAsync("/dashboard/secrets.txt")).StatusCode);
    }

    [GeneratedRegex("(?:src|href)=\"([^\"]*)\"")]
    private static partial Regex References();
}
