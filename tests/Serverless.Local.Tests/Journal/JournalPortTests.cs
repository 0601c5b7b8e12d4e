using Serverless.Tests.Port;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Journal;

/// <summary>The contract of the workflow port, on the journal.</summary>
public sealed class JournalPortTests(AzuriteFixture azurite) : WorkflowPortContract
{
    protected override async Task<PortEngine> StartEngineAsync() =>
        await JournalEngine.StartAsync(await JournalContainer.NewAsync(azurite), Parts);
}
