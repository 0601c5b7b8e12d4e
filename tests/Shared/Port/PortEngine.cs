using Serverless.Service.Pipeline;

namespace Serverless.Tests.Port;

/// <summary>An engine behind the workflow port, with the little more that a test needs of it.</summary>
public abstract class PortEngine : IAsyncDisposable
{
    public abstract IWorkflowStarter Starter { get; }

    /// <summary>The text that the instance set last and everything before it is recorded; null if the instance is not known.</summary>
    public abstract Task<string?> StatusAsync(string instanceId);

    /// <summary>Whether the instance has returned or thrown.</summary>
    public abstract Task<bool> HasEndedAsync(string instanceId);

    /// <summary>Lets time pass.</summary>
    public abstract Task PassAsync(TimeSpan length);

    public abstract ValueTask DisposeAsync();

    /// <summary>Waits until the instance waits for something with this status set.</summary>
    public Task UntilStatusAsync(string instanceId, string status) =>
        UntilAsync(async () => await StatusAsync(instanceId) == status, $"{instanceId} has the status {status}");

    public Task UntilEndedAsync(string instanceId) => UntilAsync(() => HasEndedAsync(instanceId), $"{instanceId} has ended");

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        for (var look = 0; !await condition(); look++)
        {
            if (look == 3000)
                throw new TimeoutException($"waited in vain until {what}");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}
