using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Serverless.Local.Tests.Journal;

/// <summary>A connection that can be switched off and on.</summary>
public sealed class SwitchedTransport : HttpPipelineTransport
{
    private int _refused;

    public bool IsOff { get; set; }

    /// <summary>Which writes find it switched off all the same; it may take its time.</summary>
    public Func<Request, Task<bool>> Refuses { get; set; } = _ => Task.FromResult(false);

    /// <summary>What a request meets that finds it switched off.</summary>
    public Func<Exception> Fault { get; set; } = () => new RequestFailedException("the storage is away");

    /// <summary>How many requests found it switched off.</summary>
    public int Refused => Volatile.Read(ref _refused);

    public override Request CreateRequest() => HttpClientTransport.Shared.CreateRequest();

    public override void Process(HttpMessage message)
    {
        if (IsOff)
            throw Away();
        HttpClientTransport.Shared.Process(message);
    }

    public override async ValueTask ProcessAsync(HttpMessage message)
    {
        if (IsOff || (message.Request.Method == RequestMethod.Put && await Refuses(message.Request)))
            throw Away();
        await HttpClientTransport.Shared.ProcessAsync(message);
    }

    private Exception Away()
    {
        Interlocked.Increment(ref _refused);
        return Fault();
    }
}
