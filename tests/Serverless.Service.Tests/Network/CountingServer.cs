using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Serverless.Service.Tests.Network;

/// <summary>A web server that counts its connections, answers each with the same words, and closes it.</summary>
internal sealed class CountingServer : IAsyncDisposable
{
    private readonly CancellationTokenSource _over = new();
    private readonly TcpListener _listener;
    private readonly Task _serving;
    private int _connections;

    /// <param name="port">0: any free one.</param>
    public CountingServer(IPAddress address, int port = 0)
    {
        _listener = new TcpListener(address, port);
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Connections => _connections;

    public string Answer { get; init; } = "HTTP/1.1 204 No Content\r\n";

    /// <summary>Whether the head's end is added, with the word that the connection is closed.</summary>
    public bool EndsHead { get; init; } = true;

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _serving;
        _listener.Stop();
        _over.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var connection = await _listener.AcceptTcpClientAsync(_over.Token);
                Interlocked.Increment(ref _connections);
                var stream = connection.GetStream();
                _ = await stream.ReadAsync(new byte[4096].AsMemory(), _over.Token);
                await stream.WriteAsync(Encoding.ASCII.GetBytes(Answer + (EndsHead ? "Connection: close\r\n\r\n" : "")), _over.Token);
            }
        }
        catch (Exception fault) when (fault is SocketException or OperationCanceledException or IOException)
        {
            // The test is over.
        }
    }
}
