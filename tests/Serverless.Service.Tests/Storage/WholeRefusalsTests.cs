using System.Net;
using System.Net.Sockets;
using System.Text;
using Azure;
using Azure.Storage.Blobs;
using Serverless.Service.Storage;

namespace Serverless.Service.Tests.Storage;

public sealed class WholeRefusalsTests
{
    private const string Said = "<Error><Code>BlobNotFound</Code></Error>";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_refusal_that_breaks_off_in_its_middle_is_asked_for_again(bool waits)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answering = AnswerAsync(listener, [Said[..10], Said]);
        var blob = new BlobServiceClient(new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/account"), BlobAccountFactory.Options())
            .GetBlobContainerClient("container").GetBlobClient("blob");

        var refused = waits
            ? await Assert.ThrowsAsync<RequestFailedException>(() => blob.DownloadContentAsync(Cancel))
            : await Task.Run(() => Assert.Throws<RequestFailedException>(() => blob.DownloadContent(Cancel)), Cancel);

        Assert.Equal((404, "BlobNotFound"), (refused.Status, refused.ErrorCode));
        await answering;
    }

    /// <summary>Refuses each call with a piece of what it says, and closes the connection behind it.</summary>
    private static async Task AnswerAsync(TcpListener listener, IEnumerable<string> pieces)
    {
        foreach (var piece in pieces)
        {
            using var client = await listener.AcceptTcpClientAsync(Cancel);
            using var stream = client.GetStream();
            using var reader = new StreamReader(stream, leaveOpen: true);
            while (await reader.ReadLineAsync(Cancel) is { Length: > 0 })
            {
            }
            var answer = $"HTTP/1.1 404 Not Found\r\nx-ms-error-code: BlobNotFound\r\nContent-Type: application/xml\r\nContent-Length: {Said.Length}\r\n\r\n{piece}";
            await stream.WriteAsync(Encoding.ASCII.GetBytes(answer), Cancel);
        }
    }
}
