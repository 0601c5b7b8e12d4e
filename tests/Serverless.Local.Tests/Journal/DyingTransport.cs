using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Serverless.Local.Tests.Journal;

/// <summary>
/// The connection of a process that dies: from one write on nothing gets through any more. That write itself is either not sent, or
/// sent without its answer being seen.
/// </summary>
/// <param name="lastWrites">How many writes get through.</param>
/// <param name="sendsTheNext">Whether the write after these reaches the storage all the same.</param>
/// <param name="counted">What the address of a write has in it that is counted; the others get through until then.</param>
public sealed class DyingTransport(int lastWrites, bool sendsTheNext, string counted = "") : HttpPipelineTransport
{
    private readonly HttpPipelineTransport _inner = HttpClientTransport.Shared;
    private readonly TaskCompletionSource _death = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _writes;

    /// <summary>Ends when the connection is gone.</summary>
    public Task Death => _death.Task;

    public override Request CreateRequest() => _inner.CreateRequest();

    public override void Process(HttpMessage message)
    {
        // Only leases are renewed in this way; a dead process renews none.
        if (_death.Task.IsCompleted)
            throw new RequestFailedException("the connection is gone");
        _inner.Process(message);
    }

    public override async ValueTask ProcessAsync(HttpMessage message)
    {
        var isWrite = message.Request.Method != RequestMethod.Get && message.Request.Method != RequestMethod.Head
            && message.Request.Uri.ToString().Contains(counted, StringComparison.Ordinal);
        var number = isWrite ? Interlocked.Increment(ref _writes) : Volatile.Read(ref _writes);
        if (number <= lastWrites)
        {
            await _inner.ProcessAsync(message);
            return;
        }
        if (isWrite && number == lastWrites + 1 && sendsTheNext)
            await _inner.ProcessAsync(message);
        _death.TrySetResult();
        throw new RequestFailedException("the connection is gone");
    }
}
