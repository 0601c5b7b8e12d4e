using System.Net;
using System.Net.Sockets;

namespace Serverless.Service.Network;

/// <summary>
/// Where the service may send requests: over http and https to public addresses, and to what the setting AllowedNetworks names. The address that a connection is made to
/// is the one that was judged, so a name that means another address the next time is judged again. A cloud's metadata service is never called, and no redirect is
/// followed. Where the process's environment names a proxy, the proxy decides which addresses a name may mean.
/// </summary>
/// <param name="allowed">What may be called besides public addresses.</param>
/// <param name="resolve">The addresses of a name; null: asks the system.</param>
/// <param name="proxy">The proxies to go through; null: those that the process's environment names.</param>
public sealed class OutboundPolicy(AllowedNetworks allowed, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null, IWebProxy? proxy = null)
{
    private static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(30), ConnectionLife = TimeSpan.FromMinutes(5);

    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve = resolve ?? Dns.GetHostAddressesAsync;

    private readonly IWebProxy _proxy = proxy ?? HttpClient.DefaultProxy;

    /// <summary>A client whose requests keep to this. What it refuses, it refuses with <see cref="OutboundRefusedException"/>.</summary>
    /// <param name="longest">How long a request may take, its answer's content included.</param>
    /// <param name="mostBytes">The most bytes of an answer's content that are read into memory.</param>
    public HttpClient CreateClient(TimeSpan longest, long mostBytes)
    {
        var sockets = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            Proxy = _proxy,
            ConnectTimeout = ConnectTime,
            PooledConnectionLifetime = ConnectionLife,
            ConnectCallback = ConnectAsync,
        };
        return new HttpClient(new OutboundHandler(this, sockets)) { Timeout = longest, MaxResponseContentBufferSize = mostBytes };
    }

    /// <summary>What forbids an address as it is written, or null; what its host's name means is judged when it is called.</summary>
    public string? FaultOf(Uri url)
    {
        if (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps)
            return $"found the scheme {url.Scheme}; allowed: http and https";
        if (url.UserInfo.Length > 0)
            return $"found a user's name or password before the host {url.Host}; allowed: none";
        // A dot at the end changes nothing about where a name leads.
        var host = HostOf(url)?.TrimEnd('.');
        if (host is null or "")
            return "found a host that is no name; allowed: one of letters, digits, hyphens and dots, or an address";
        if (IPAddress.TryParse(host, out var address))
            return FaultOf(host, address);
        // This name is the machine itself everywhere (RFC 6761, section 6.3).
        var isLocal = host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
        return isLocal && !allowed.Contains(IPAddress.IPv6Loopback) ? FaultOf(host, IPAddress.Loopback) : null;
    }

    private static string? HostOf(Uri url)
    {
        try
        {
            return url.IdnHost;
        }
        catch (UriFormatException)
        {
            // A host in characters that no name of the internet may have.
            return null;
        }
    }

    private string? FaultOf(string host, IPAddress address)
    {
        var kind = SpecialAddress.KindOf(address);
        if (kind is null)
            return null;
        var found = IPAddress.TryParse(host, out _) ? $"found {host}" : $"{host} is at {address}";
        if (kind == SpecialAddress.Metadata)
            return $"{found}, {kind}, which is never called";
        return allowed.Names(host) || allowed.Contains(address) ? null : $"{found}, {kind}; allowed: public addresses, and those that the setting AllowedNetworks names";
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var (host, port) = (context.DnsEndPoint.Host.TrimEnd('.'), context.DnsEndPoint.Port);
        var addresses = IPAddress.TryParse(host, out var written) ? [written] : await _resolve(host, ct);
        if (!IsProxy(context))
        {
            var open = addresses.Where(address => FaultOf(host, address) is null).ToArray();
            if (open.Length == 0 && addresses.Length > 0)
                throw new OutboundRefusedException(FaultOf(host, addresses[0])!);
            addresses = open;
        }
        if (addresses.Length == 0)
            throw new SocketException((int)SocketError.HostNotFound);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Whether a connection is to the proxy of its request, which may be anywhere: its address is the operator's word, not a caller's.</summary>
    private bool IsProxy(SocketsHttpConnectionContext context)
    {
        var request = context.InitialRequestMessage;
        if (request.RequestUri is not { } url)
            return false;
        // For a tunnel, as https needs one, the handler itself sends a CONNECT to the proxy that it has chosen; nobody else sends any.
        var proxy = request.Method == HttpMethod.Connect ? url : _proxy.IsBypassed(url) ? null : _proxy.GetProxy(url);
        return proxy is not null && proxy.IdnHost == context.DnsEndPoint.Host && proxy.Port == context.DnsEndPoint.Port;
    }
}
