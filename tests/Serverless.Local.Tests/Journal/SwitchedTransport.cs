using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Serverless.Local.Tests.Journal;

/// <summary>A connection that can be switched off and on.</summary>
public sealed class SwitchedTransport : HttpPipelineTransport
{
    private int _refused;

    public bool IsOff { get; set; }

    /// <summary>How many requests found it switched off.</summary>
    public int Refused => Volatile.Read(ref _refused);

    public override Request CreateRequest() => HttpClientTransport.Shared.CreateRequest();

    public override void Process(HttpMessage message)
    {
        if (IsOff)
            throw Away();
        HttpClientTransport.Shared.Process(message);
    }

    public override ValueTask ProcessAsync(HttpMessage message)
    {
        if (!IsOff)
            return HttpClientTransport.Shared.ProcessAsync(message);
        throw Away();
    }

    private RequestFailedException Away()
    {
        Interlocked.Increment(ref _refused);
        return new RequestFailedException("the storage is away");
    }
}
