using System.Net.Sockets;

namespace Serverless.Local.Azurite;

/// <summary>What answers at a port of this machine.</summary>
internal sealed class AzuriteEndpoint(int port) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience };

    /// <summary>The server that answers, such as <c>Azurite-Blob/3.35.0</c>; empty when it gives no name; null when nothing listens.</summary>
    public async Task<string?> ServerAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _client.GetAsync(
                new Uri($"http://127.0.0.1:{port}/devstoreaccount1?comp=list"), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return answer.Headers.Server.ToString();
        }
        catch (HttpRequestException fault) when (fault.InnerException is SocketException)
        {
            return null;
        }
        catch (HttpRequestException)
        {
            return "";
        }
        catch (TaskCanceledException fault) when (fault.InnerException is TimeoutException)
        {
            return "";
        }
    }

    /// <summary>Whether Azurite's blob service answers.</summary>
    public async Task<bool> IsAzuriteAsync(CancellationToken cancellationToken) => IsAzurite(await ServerAsync(cancellationToken));

    /// <summary>Whether that name is Azurite's.</summary>
    public static bool IsAzurite(string? server) => server?.StartsWith("Azurite-Blob", StringComparison.Ordinal) == true;

    public void Dispose() => _client.Dispose();
}
