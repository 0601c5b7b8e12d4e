using Azure.Core;
using Azure.Core.Pipeline;

namespace Serverless.Local.Tests.Journal;

/// <summary>A connection on which every write comes twice, as after a lost answer, and the second one's answer is given.</summary>
public sealed class TwiceTransport : HttpPipelineTransport
{
    public override Request CreateRequest() => HttpClientTransport.Shared.CreateRequest();

    public override void Process(HttpMessage message)
    {
        if (message.Request.Method == RequestMethod.Put)
            HttpClientTransport.Shared.Process(message);
        HttpClientTransport.Shared.Process(message);
    }

    public override async ValueTask ProcessAsync(HttpMessage message)
    {
        if (message.Request.Method == RequestMethod.Put)
            await HttpClientTransport.Shared.ProcessAsync(message);
        await HttpClientTransport.Shared.ProcessAsync(message);
    }
}
