using Serverless.Local.Commands;
using Serverless.Local.Settings;

namespace Serverless.Local.Tests.Commands;

public sealed class BannerTests
{
    private static readonly Uri Url = new("http://127.0.0.1:7071/");

    [Fact]
    public void Without_keys_it_says_that_only_this_machine_is_served() => Assert.Contains(
        "API        http://127.0.0.1:7071/v1 (the base URL for OpenAI clients; no keys are set: any will do, and only this machine is served)",
        Banner.Of(Url, new LocalSettings()), StringComparison.Ordinal);

    [Fact]
    public void With_keys_it_says_that_one_is_needed_and_shows_none()
    {
        var banner = Banner.Of(Url, new LocalSettings { Keys = ["laptop=sk-laptop-0123456789"] });

        Assert.Contains("(the base URL for OpenAI clients; a key of the settings is needed)", banner, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-laptop", banner, StringComparison.Ordinal);
    }
}
