using System.Net;
using Serverless.Learning;
using Serverless.Service.Network;

namespace Serverless.Service.Tests.Network;

public sealed class OutboundPolicyTests
{
    private const string Remedy = "; allowed: public addresses, and those that the setting AllowedNetworks names";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("http://10.1.2.3/hook", "found 10.1.2.3, a private address" + Remedy)]
    [InlineData("https://localhost:7071/", "localhost is at 127.0.0.1, a loopback address" + Remedy)]
    [InlineData("https://a.LOCALHOST/", "a.localhost is at 127.0.0.1, a loopback address" + Remedy)]
    [InlineData("http://2130706433/", "found 127.0.0.1, a loopback address" + Remedy)]
    [InlineData("http://0x7f.1/", "found 127.0.0.1, a loopback address" + Remedy)]
    [InlineData("http://0177.0.0.1/", "found 127.0.0.1, a loopback address" + Remedy)]
    [InlineData("http://localhost./", "localhost is at 127.0.0.1, a loopback address" + Remedy)]
    [InlineData("http://1xample.xn--co\U0001F600m/", "found a host that is no name; allowed: one of letters, digits, hyphens and dots, or an address")]
    [InlineData("http://[::1]:80/", "found ::1, a loopback address" + Remedy)]
    [InlineData("http://[::ffff:192.168.0.1]/", "found ::ffff:192.168.0.1, a private address" + Remedy)]
    [InlineData("http://169.254.169.254/metadata/instance", "found 169.254.169.254, the address of a cloud's metadata service, which is never called")]
    [InlineData("http://[fd00:ec2::254]/latest", "found fd00:ec2::254, the address of a cloud's metadata service, which is never called")]
    [InlineData("file:///etc/passwd", "found the scheme file; allowed: http and https")]
    [InlineData("gopher://example.com/", "found the scheme gopher; allowed: http and https")]
    [InlineData("https://user:secret@example.com/", "found a user's name or password before the host example.com; allowed: none")]
    public async Task A_forbidden_address_is_refused_before_anything_is_looked_up(string address, string message)
    {
        using var client = new OutboundPolicy(AllowedNetworks.None, (_, _) => throw new InvalidOperationException("looked up")).CreateClient(TimeSpan.FromSeconds(10), 1024);

        // A client of .NET itself refuses other schemes before it asks anyone.
        Assert.Equal(message, new OutboundPolicy(AllowedNetworks.None).FaultOf(new Uri(address)));
        if (address.StartsWith("http", StringComparison.Ordinal))
            Assert.Equal(message, (await Assert.ThrowsAsync<OutboundRefusedException>(() => client.GetAsync(new Uri(address), Ct))).Message);
    }

    [Fact]
    public async Task A_name_that_leads_inside_is_refused_when_it_is_called()
    {
        using var client = new OutboundPolicy(AllowedNetworks.None, (_, _) => Task.FromResult(new[] { IPAddress.Parse("10.0.0.7"), IPAddress.Parse("::1") }))
            .CreateClient(TimeSpan.FromSeconds(10), 1024);

        var refused = await Assert.ThrowsAsync<OutboundRefusedException>(() => client.GetAsync(new Uri("http://hook.example/"), Ct));

        Assert.Equal("hook.example is at 10.0.0.7, a private address" + Remedy, refused.Message);
    }

    [Fact]
    public async Task A_name_that_means_another_address_the_next_time_is_judged_again()
    {
        await using var open = new CountingServer(IPAddress.Parse("127.0.0.1"));
        await using var forbidden = new CountingServer(IPAddress.Parse("127.0.0.2"), open.Port);
        var asked = 0;
        using var client = new OutboundPolicy(
            AllowedNetworks.Parse(["127.0.0.1"]),
            (_, _) => Task.FromResult(new[] { IPAddress.Parse(Interlocked.Increment(ref asked) == 1 ? "127.0.0.1" : "127.0.0.2") })).CreateClient(TimeSpan.FromSeconds(10), 1024);
        var url = new Uri($"http://rebound.example:{open.Port}/");

        using (var answer = await client.GetAsync(url, Ct))
            Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        // Looked up once for the connection that was made, so that no second answer could have come between.
        Assert.Equal((1, 1), (asked, open.Connections));
        var refused = await Assert.ThrowsAsync<OutboundRefusedException>(() => client.GetAsync(url, Ct));

        Assert.Equal("rebound.example is at 127.0.0.2, a loopback address" + Remedy, refused.Message);
        Assert.Equal((1, 0), (open.Connections, forbidden.Connections));
    }

    [Fact]
    public async Task Of_several_addresses_only_allowed_ones_are_connected_to()
    {
        await using var open = new CountingServer(IPAddress.Parse("127.0.0.1"));
        await using var forbidden = new CountingServer(IPAddress.Parse("127.0.0.2"), open.Port);
        using var client = new OutboundPolicy(
            AllowedNetworks.Parse(["127.0.0.1/32"]), (_, _) => Task.FromResult(new[] { IPAddress.Parse("127.0.0.2"), IPAddress.Parse("127.0.0.1") })).CreateClient(TimeSpan.FromSeconds(10), 1024);

        using var answer = await client.GetAsync(new Uri($"http://both.example:{open.Port}/"), Ct);

        Assert.Equal((HttpStatusCode.NoContent, 1, 0), (answer.StatusCode, open.Connections, forbidden.Connections));
    }

    [Fact]
    public async Task A_redirect_is_an_answer_and_not_followed()
    {
        await using var inside = new CountingServer(IPAddress.Loopback);
        await using var open = new CountingServer(IPAddress.Loopback) { Answer = $"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{inside.Port}/\r\nContent-Length: 0\r\n" };
        using var client = new OutboundPolicy(AllowedNetworks.Parse(["127.0.0.0/8"])).CreateClient(TimeSpan.FromSeconds(10), 1024);

        using var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{open.Port}/"), Ct);

        Assert.Equal((HttpStatusCode.Found, 0), (answer.StatusCode, inside.Connections));
    }

    [Fact]
    public async Task A_host_or_a_network_that_the_setting_names_is_called_but_never_a_metadata_service()
    {
        await using var inside = new CountingServer(IPAddress.Loopback);
        var policy = new OutboundPolicy(
            AllowedNetworks.Parse(["Teacher.Internal", "10.0.0.0/8", "::ffff:192.168.7.7", "metadata.internal", "169.254.0.0/16", "0.0.0.0/0"]),
            (host, _) => Task.FromResult(new[] { host == "metadata.internal" ? IPAddress.Parse("169.254.169.254") : IPAddress.Loopback }));
        using var client = policy.CreateClient(TimeSpan.FromSeconds(10), 1024);

        using (var answer = await client.GetAsync(new Uri($"http://teacher.internal:{inside.Port}/"), Ct))
            Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Null(policy.FaultOf(new Uri("http://10.200.0.1/")));
        Assert.Null(policy.FaultOf(new Uri("http://192.168.7.7/")));
        Assert.Equal("found 169.254.169.254, the address of a cloud's metadata service, which is never called", policy.FaultOf(new Uri("http://169.254.169.254/")));
        var refused = await Assert.ThrowsAsync<OutboundRefusedException>(() => client.GetAsync(new Uri("http://metadata.internal/"), Ct));
        Assert.Equal("metadata.internal is at 169.254.169.254, the address of a cloud's metadata service, which is never called", refused.Message);
    }

    [Theory]
    [InlineData("http")]
    [InlineData("https")]
    public async Task A_proxy_of_the_environment_is_called_wherever_it_is_though_it_serves_one_scheme_only(string scheme)
    {
        await using var proxy = new CountingServer(IPAddress.Loopback) { Answer = "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n" };
        using var client = new OutboundPolicy(
            AllowedNetworks.None, (host, _) => Task.FromResult(new[] { host == "proxy.internal" ? IPAddress.Loopback : IPAddress.Parse("10.0.0.7") }),
            new OneSchemeProxy(scheme, new Uri($"http://proxy.internal:{proxy.Port}"))).CreateClient(TimeSpan.FromSeconds(10), 1024);

        // A tunnel that the proxy does not make is a fault of the request, any other answer of it is an answer.
        if (scheme == "https")
            Assert.Equal(HttpRequestError.ProxyTunnelError, (await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri("https://hook.example/"), Ct))).HttpRequestError);
        else
            Assert.Equal(HttpStatusCode.BadGateway, (await client.GetAsync(new Uri("http://hook.example/"), Ct)).StatusCode);
        Assert.Equal(1, proxy.Connections);

        // What does not go through it is judged as ever, the proxy's own address too where a caller names it.
        var other = scheme == "https" ? "http" : "https";
        var refused = await Assert.ThrowsAsync<OutboundRefusedException>(() => client.GetAsync(new Uri($"{other}://hook.example/"), Ct));
        Assert.Equal("hook.example is at 10.0.0.7, a private address" + Remedy, refused.Message);
        refused = await Assert.ThrowsAsync<OutboundRefusedException>(() => client.GetAsync(new Uri($"{other}://proxy.internal:{proxy.Port}/"), Ct));
        Assert.Equal("proxy.internal is at 127.0.0.1, a loopback address" + Remedy, refused.Message);
        Assert.Equal(1, proxy.Connections);
    }

    [Theory]
    [InlineData("::ffff:10.0.0.0/104", "http://10.200.0.1/")]
    [InlineData("::ffff:c0a8:0/112", "http://192.168.7.7/")]
    [InlineData("64:ff9b::c0a8:0/112", "http://192.168.7.7/")]
    [InlineData("2002:c0a8::/32", "http://[2002:c0a8:0707::1]/")]
    [InlineData("fc00::/7", "http://[fd00::1]/")]
    [InlineData("10.0.0.1.", "http://10.0.0.1/")]
    [InlineData("localhost.", "http://localhost/")]
    public void A_network_or_a_host_may_be_written_in_other_ways(string entry, string url)
    {
        Assert.NotNull(new OutboundPolicy(AllowedNetworks.None).FaultOf(new Uri(url)));
        Assert.Null(new OutboundPolicy(AllowedNetworks.Parse([entry])).FaultOf(new Uri(url)));
        Assert.NotNull(new OutboundPolicy(AllowedNetworks.Parse([entry])).FaultOf(new Uri("http://172.16.0.1/")));
    }

    [Fact]
    public async Task An_answer_that_is_too_long_is_not_read()
    {
        await using var server = new CountingServer(IPAddress.Loopback) { Answer = $"HTTP/1.1 200 OK\r\nContent-Length: 1025\r\n\r\n{new string('x', 1025)}", EndsHead = false };
        using var client = new OutboundPolicy(AllowedNetworks.Parse(["127.0.0.1"])).CreateClient(TimeSpan.FromSeconds(10), 1024);

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri($"http://127.0.0.1:{server.Port}/"), Ct));
    }

    [Theory]
    [InlineData("10.0.0.0/33")]
    [InlineData("http://10.0.0.1")]
    [InlineData("*.internal")]
    public void An_entry_of_the_setting_that_is_neither_host_nor_network_is_named(string entry) => Assert.Equal(
        $"found \"{entry}\"; allowed: a host such as teacher.internal, an address, or a network such as 10.1.0.0/16",
        Assert.Throws<InputError>(() => AllowedNetworks.Parse([entry])).Message);

    [Theory]
    [InlineData("64:ff9b::/96", 96)]
    [InlineData("64:ff9b::/64", 96)]
    [InlineData("::ffff:0:0/96", 96)]
    [InlineData("2002::/16", 16)]
    [InlineData("2002::/15", 16)]
    public void A_prefix_behind_which_every_IPv4_address_may_stand_is_refused(string entry, int before) => Assert.Equal(
        $"found \"{entry}\", behind which every IPv4 address may stand; allowed: a prefix longer than /{before} there, or the networks of IPv4 themselves, such as 10.1.0.0/16",
        Assert.Throws<InputError>(() => AllowedNetworks.Parse([entry])).Message);

    [Theory]
    [InlineData("64:ff9b::a00:0/104", "http://10.255.0.1/", "http://172.16.0.1/")]
    [InlineData("64:ff9b::8000:0/97", "http://192.168.7.7/", "http://10.0.0.1/")]
    [InlineData("2002:a00::/24", "http://10.255.0.1/", "http://172.16.0.1/")]
    [InlineData("2002:a01:203:4::/64", "http://10.1.2.3/", "http://10.1.2.4/")]
    public void A_longer_prefix_allows_the_IPv4_addresses_behind_it_and_no_others(string entry, string allowed, string refused)
    {
        var policy = new OutboundPolicy(AllowedNetworks.Parse([entry]));
        Assert.Null(policy.FaultOf(new Uri(allowed)));
        Assert.NotNull(policy.FaultOf(new Uri(refused)));
    }

    /// <summary>As the variables HTTP_PROXY and HTTPS_PROXY make one, with only one of them set.</summary>
    private sealed class OneSchemeProxy(string scheme, Uri proxy) : IWebProxy
    {
        public ICredentials? Credentials { get; set; }

        public Uri? GetProxy(Uri destination) => destination.Scheme == scheme ? proxy : null;

        public bool IsBypassed(Uri host) => GetProxy(host) is null;
    }
}
