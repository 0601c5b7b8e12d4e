using System.Text;
using Serverless.Learning;
using Serverless.Service.Pipeline.Webhooks;

namespace Serverless.Service.Tests.Pipeline;

public sealed class WebhookEndpointTests
{
    /// <summary>The example of the Standard Webhooks reference libraries, which all of them verify.</summary>
    [Fact]
    public void The_signature_is_the_one_of_the_reference_libraries()
    {
        var endpoint = WebhookEndpoint.Parse("https://example.com/hook whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");

        var signature = WebhookSignature.Of(
            endpoint.Key.Span, "msg_p5jXN8AQM9LWM0D4loKWxJek", DateTimeOffset.FromUnixTimeSeconds(1614265330), Encoding.UTF8.GetBytes("""{"test": 2432232314}"""));

        Assert.Equal("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", signature);
        Assert.Equal("example.com", endpoint.ToString());
    }

    [Theory]
    [InlineData("https://example.com", "found an entry that is not an address, a space and a secret; allowed: https://example.com/hook whsec_…")]
    [InlineData("ftp://example.com whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "found something else than an address that begins with https:// or http:// before the space; allowed: https://example.com/hook whsec_…")]
    [InlineData("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw https://example.com/hook", "found something else than an address that begins with https:// or http:// before the space; allowed: https://example.com/hook whsec_…")]
    [InlineData("https://example.com/?token=secret whsec_c2hvcnQ=", "found a secret for example.com that is not whsec_ and base 64 of 24 to 64 bytes; make one with: echo whsec_$(openssl rand -base64 32)")]
    [InlineData("https://example.com secret", "found a secret for example.com that is not whsec_ and base 64 of 24 to 64 bytes; make one with: echo whsec_$(openssl rand -base64 32)")]
    [InlineData("https://example.com whsec_c2hvcnQ=", "found a secret for example.com that is not whsec_ and base 64 of 24 to 64 bytes; make one with: echo whsec_$(openssl rand -base64 32)")]
    public void A_wrong_entry_is_refused_without_repeating_its_secret(string entry, string message) =>
        Assert.Equal(message, Assert.Throws<InputError>(() => WebhookEndpoint.Parse(entry)).Message);

    [Fact]
    public void Attempts_go_on_for_about_nine_hours_with_growing_pauses()
    {
        var pauses = Enumerable.Range(1, SendWebhooks.Schedule.Attempts - 1).Select(attempt => SendWebhooks.Schedule.PauseAfter(attempt)!.Value).ToArray();

        Assert.Equal(pauses.Order(), pauses);
        Assert.InRange(pauses.Aggregate(TimeSpan.Zero, (sum, pause) => sum + pause).TotalHours, 7, 10);
    }
}
