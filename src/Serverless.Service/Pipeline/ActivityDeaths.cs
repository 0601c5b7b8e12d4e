using System.Text.Json;
using Serverless.Service.Storage;

namespace Serverless.Service.Pipeline;

/// <summary>
/// For an engine that runs an activity again whenever its process has died: counts the starts of a workflow instance's current activity in
/// a small blob, and gives the activity up when the process died in it too often with nothing committed since.
/// </summary>
public sealed class ActivityDeaths(BlobAccount account)
{
    /// <summary>After how many deaths an activity counts as failed.</summary>
    public const int Most = 5;

    /// <summary>The folder of these blobs in the container <c>jobs</c>.</summary>
    public const string Folder = "starts/";

    /// <summary>Runs an activity once. Three requests to the storage, and one more for a commit that follows a death.</summary>
    /// <exception cref="InvalidOperationException">The process died in it too often. So it stays until the instance calls another activity, or
    /// this one with another input, which is what the workflow does when it has heard of it.</exception>
    public async Task<TOut> RunAsync<TIn, TOut>(IActivity<TIn, TOut> activity, TIn input, ActivityScope scope)
    {
        var call = $"{activity.GetType().Name} {JsonSerializer.Serialize(input, PipelineJson.Options)}";
        var client = account.Jobs.GetBlobClient($"{Folder}{BlobName.Segment(scope.InstanceId)}.json");
        var blob = new JsonBlob<ActivityStarts>(client);
        var starts = await blob.ReadAsync(scope.Stopping) is { } found && found.Value.Call == call ? found.Value.Starts : 0;
        if (starts >= Most)
            throw new InvalidOperationException($"the process died {starts} times in it without coming further");
        await blob.WriteAsync(new ActivityStarts(call, ++starts), scope.Stopping);
        try
        {
            return await activity.RunAsync(input, scope with { OnCommitted = BeginAnewAsync });
        }
        finally
        {
            // It came to an end, be it a fault; also when the process is about to stop.
            await client.DeleteIfExistsAsync(cancellationToken: CancellationToken.None);
        }

        async Task BeginAnewAsync()
        {
            if (starts > 1)
                await blob.WriteAsync(new ActivityStarts(call, starts = 1), CancellationToken.None);
        }
    }

    /// <summary>How often the call that an instance is in has been started.</summary>
    /// <param name="Call">The activity's name and its input.</param>
    private sealed record ActivityStarts(string Call, int Starts);
}
