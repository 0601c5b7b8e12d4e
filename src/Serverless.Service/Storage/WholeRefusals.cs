using Azure.Core;
using Azure.Core.Pipeline;

namespace Serverless.Service.Storage;

/// <summary>
/// Reads what a refusal says while its call can still be repeated. The client reads it when it makes the exception, behind its retries: a
/// connection that breaks in the middle of a 404 would reach the caller as an <see cref="IOException"/> of a single try.
/// </summary>
internal sealed class WholeRefusals : HttpPipelinePolicy
{
    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        ProcessNext(message, pipeline);
        if (IsOpen(message, out var said))
        {
            var whole = new MemoryStream();
            said.CopyTo(whole);
            Keep(message, said, whole);
        }
    }

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        await ProcessNextAsync(message, pipeline);
        if (IsOpen(message, out var said))
        {
            var whole = new MemoryStream();
            await said.CopyToAsync(whole, message.CancellationToken);
            Keep(message, said, whole);
        }
    }

    private static bool IsOpen(HttpMessage message, out Stream said)
    {
        said = message.Response.ContentStream ?? Stream.Null;
        return message.Response.Status >= 400 && !said.CanSeek;
    }

    private static void Keep(HttpMessage message, Stream said, MemoryStream whole)
    {
        said.Dispose();
        whole.Position = 0;
        message.Response.ContentStream = whole;
    }
}
