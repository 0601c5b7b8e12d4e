using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Serverless.Service.Storage;

namespace Serverless.Tests.Shared;

/// <summary>Something that happens once, in the moment before the storage is called in a certain way.</summary>
/// <param name="method">The call's verb.</param>
/// <param name="path">A part of the call's address, and <paramref name="rest"/> one behind it.</param>
internal sealed class InterruptedCall(string method, string path, string rest) : HttpPipelinePolicy
{
    private Func<Task>? _before;

    /// <summary>How many such calls pass before that one.</summary>
    public int Skip { get; set; }

    /// <summary>What happens before the next such call.</summary>
    public Func<Task>? Before
    {
        set => _before = value;
    }

    /// <summary>The account behind a prefix, called through this.</summary>
    public BlobAccount Open(AzuriteFixture azurite, string prefix)
    {
        var options = BlobAccountFactory.Options();
        options.AddPolicy(this, HttpPipelinePosition.PerCall);
        return new BlobAccount(new BlobServiceClient(azurite.ConnectionString, options), prefix);
    }

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var address = message.Request.Uri.ToString();
        if (message.Request.Method.Method == method && address.IndexOf(path, StringComparison.Ordinal) is var at and >= 0
            && address.IndexOf(rest, at, StringComparison.Ordinal) >= 0 && Volatile.Read(ref _before) is not null
            && Skip-- <= 0 && Interlocked.Exchange(ref _before, null) is { } before)
            await before();
        await ProcessNextAsync(message, pipeline);
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => ProcessNext(message, pipeline);
}
