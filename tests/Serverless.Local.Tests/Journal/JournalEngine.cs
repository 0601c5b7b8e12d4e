using Azure.Storage.Blobs;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Serverless.Local.Journal;
using Serverless.Service.Pipeline;
using Serverless.Tests.Port;

namespace Serverless.Local.Tests.Journal;

/// <summary>A journal with a clock that the test moves.</summary>
public sealed class JournalEngine : PortEngine
{
    private JournalEngine(JournalWorkflowHost host, FakeTimeProvider clock)
    {
        Host = host;
        Clock = clock;
    }

    public JournalWorkflowHost Host { get; }

    public FakeTimeProvider Clock { get; }

    public override IWorkflowStarter Starter => Host;

    /// <summary>A head on these blobs: it goes on with what it finds there.</summary>
    public static async Task<JournalEngine> StartAsync(
        BlobContainerClient container, ToyParts toys, FakeTimeProvider? clock = null, JournalSettings? settings = null,
        ILogger<JournalWorkflowHost>? logger = null)
    {
        var parts = new JournalParts();
        foreach (var (name, workflow) in toys.Workflows)
            parts.Add(new WorkflowName<string>(name), workflow);
        foreach (var (name, activity) in toys.Activities)
            parts.Add(new ActivityName<string, string>(name), activity);
        clock ??= new FakeTimeProvider(DateTimeOffset.UtcNow);
        var host = new JournalWorkflowHost(
            container, parts, settings ?? new JournalSettings(), clock, logger ?? NullLogger<JournalWorkflowHost>.Instance);
        await host.ResumeAsync(TestContext.Current.CancellationToken);
        return new JournalEngine(host, clock);
    }

    public override async Task<string?> StatusAsync(string instanceId) =>
        await Host.FindAsync(instanceId, default) is { } record ? record.Status ?? "" : null;

    public override async Task<bool> HasEndedAsync(string instanceId) =>
        await Host.FindAsync(instanceId, default) is { State: not JournalState.Running };

    public override Task PassAsync(TimeSpan length)
    {
        Clock.Advance(length);
        return Task.Delay(2);
    }

    public override ValueTask DisposeAsync() => Host.DisposeAsync();
}
