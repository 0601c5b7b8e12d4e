using System.Net;
using System.Net.Sockets;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Testing;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Functions.Durable;
using Serverless.Service.Pipeline;
using Serverless.Tests.Port;

namespace Serverless.Functions.Tests.Durable;

/// <summary>Durable's engine in this process, its state in memory, behind the app's adapter. Its clock is the machine's.</summary>
public sealed class DurableEngine : PortEngine
{
    private readonly DurableTaskTestHost _host;

    private DurableEngine(DurableTaskTestHost host, ToyParts toys)
    {
        _host = host;
        var hub = new DurableConnection();
        hub.Use(host.Client);
        var services = new ServiceCollection();
        foreach (var workflow in toys.Workflows.Values)
            services.AddSingleton<IWorkflow<string>>(workflow);
        Starter = new DurableWorkflowStarter(hub, services.BuildServiceProvider());
    }

    public override IWorkflowStarter Starter { get; }

    public static async Task<DurableEngine> StartAsync(ToyParts toys) => new(
        await DurableTaskTestHost.StartAsync(
            tasks => Register(toys, tasks), new DurableTaskTestHostOptions { Port = FreePort() }, TestContext.Current.CancellationToken),
        toys);

    public override async Task<string?> StatusAsync(string instanceId) =>
        await _host.Client.GetInstanceAsync(instanceId, getInputsAndOutputs: true) is { } instance
            ? instance.SerializedCustomStatus is null ? "" : instance.ReadCustomStatusAs<string>()
            : null;

    public override async Task<bool> HasEndedAsync(string instanceId) =>
        await _host.Client.GetInstanceAsync(instanceId) is { IsCompleted: true };

    public override Task PassAsync(TimeSpan length) => Task.Delay(length, TestContext.Current.CancellationToken);

    public override ValueTask DisposeAsync() => _host.DisposeAsync();

    private static void Register(ToyParts toys, DurableTaskRegistry tasks)
    {
        foreach (var (name, workflow) in toys.Workflows)
            tasks.AddOrchestratorFunc<string>(name, (context, input) => workflow.RunAsync(new DurableWorkflowContext(context), input));
        foreach (var (name, activity) in toys.Activities)
            tasks.AddActivityFunc<string, string>(
                name, (context, input) => activity.RunAsync(input, new ActivityScope(context.InstanceId, DateTimeOffset.MaxValue, CancellationToken.None)));
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
