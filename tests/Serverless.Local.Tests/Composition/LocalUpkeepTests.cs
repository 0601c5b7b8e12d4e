using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Serverless.Local.Composition;
using Serverless.Local.Journal;
using Serverless.Local.Tests.Pipeline;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Composition;

/// <summary>What a head sees to from time to time.</summary>
public sealed class LocalUpkeepTests(AzuriteFixture azurite) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_whose_workflow_has_failed_is_gone_on_with_while_the_head_runs()
    {
        var account = await azurite.NewAccountAsync();
        await using var head = await PipelineHead.StartAsync(account, _folder.Path);
        var job = new JobRecord
        {
            Id = JobId.New(TimeProvider.System),
            Model = PipelineHead.Tiny,
            BaseModel = PipelineHead.Tiny,
            TrainingFile = await head.UploadAsync(TinyModel.Dataset(12)),
            Seed = 1,
            Method = new JobMethod { Hyperparameters = new Hyperparameters { Epochs = 1 } },
            CreatedAt = DateTimeOffset.UtcNow,
        };
        var input = JsonSerializer.SerializeToElement(new FineTuneInput(job.Id), PipelineJson.Options);
        var failed = new JournalRecord
        {
            InstanceId = job.Id.Value, Workflow = FineTuneWorkflow.Name.Value, OriginalInput = input, Input = input, StartedAt = job.CreatedAt, State = JournalState.Failed, Failure = "Finish failed",
        };
        await new JournalStore(account.Journal).CreateAsync(failed, Ct);
        await head.JobCatalog.CreateAsync(job, Ct);

        using var upkeep = new LocalUpkeep(head.Get<UnfinishedWork>(), head.Get<ExpiredData>(), head.Get<JournalWorkflowHost>(), TimeProvider.System, NullLogger<LocalUpkeep>.Instance);
        await upkeep.StartAsync(Ct);
        await head.UntilAsync(job.Id, JobStatus.Succeeded);
        await upkeep.StopAsync(Ct);
    }

    public void Dispose() => _folder.Dispose();
}
