using System.Net.Sockets;
using Azure;
using Serverless.Service.Storage;

namespace Serverless.Service.Tests.Storage;

public sealed class BlobFaultsTests
{
    [Fact]
    public void The_reason_of_a_storage_that_cannot_be_reached_is_the_one_beneath_all_tries()
    {
        var refused = new SocketException((int)SocketError.ConnectionRefused);
        var tries = new AggregateException("Retry failed after 6 tries.", new RequestFailedException(0, "Connection refused", null, new HttpRequestException("", refused)));

        Assert.Equal(refused.Message, BlobFaults.Reason(tries));
    }

    [Fact]
    public void The_reason_of_an_answer_is_its_status_and_code_without_the_headers_that_follow()
    {
        var busy = new RequestFailedException(503, "The server is busy.\nStatus: 503\nHeaders: many", "ServerBusy", null);

        Assert.Equal("503 ServerBusy", BlobFaults.Reason(busy));
        Assert.Equal("503 ServerBusy", BlobFaults.Reason(new AggregateException(busy)));
    }
}
