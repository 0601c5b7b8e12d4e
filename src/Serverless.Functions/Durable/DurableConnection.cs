using Microsoft.DurableTask.Client;

namespace Serverless.Functions.Durable;

/// <summary>
/// The client of the task hub. The host hands it to functions that bind it, and to them only; each of them passes it on here, so that the
/// service's code below reaches the hub through the newest one.
/// </summary>
public sealed class DurableConnection
{
    private DurableTaskClient? _client;

    /// <exception cref="InvalidOperationException">No function of this process has bound a client yet.</exception>
    public DurableTaskClient Client =>
        Volatile.Read(ref _client) ?? throw new InvalidOperationException("a workflow is started outside of a function that binds the task hub");

    public void Use(DurableTaskClient client) => Volatile.Write(ref _client, client);
}
