using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Serverless.Service.Evals;
using Serverless.Service.Pipeline.Evals;
using Serverless.Service.Storage;
using Serverless.Tests.Shared;

namespace Serverless.Service.Tests.Pipeline;

/// <summary>What is left of evaluations when a process dies while they are being deleted.</summary>
public sealed class LeftEvalRunsTests(AzuriteFixture azurite)
{
    private static readonly JsonElement s_object = JsonDocument.Parse("{}").RootElement;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Runs_go_whose_evaluation_is_gone_and_items_whose_run_is_gone_and_no_others()
    {
        var account = await azurite.NewAccountAsync();
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var (evals, runs, items) = (new EvalCatalog(account), new EvalRunCatalog(account), new EvalItemStore(account));
        var (kept, gone) = (await NewEvalAsync(), EvalId.New(clock));
        var (named, orphan, removed) = (await NewRunAsync(kept), await NewRunAsync(gone), EvalRunId.New(clock));
        foreach (var run in new[] { named, orphan, removed })
            await items.WriteAsync(run, 0, [ItemOf(clock)], Cancel);
        await account.Jobs.UploadBlobAsync("ftjob-1/plan.json", new BinaryData("{}"), Cancel);

        await new LeftEvalRuns(account, evals, runs, items).RemoveAsync(Cancel);

        Assert.NotNull(await runs.FindAsync(named, Cancel));
        Assert.Null(await runs.FindAsync(orphan, Cancel));
        Assert.Equal([$"{named}/items/00000000.json", "ftjob-1/plan.json"], await JobBlobsAsync(account));

        async Task<EvalId> NewEvalAsync() =>
            (await evals.CreateAsync(new EvalRecord { Id = EvalId.New(clock), Name = "e", CreatedAt = clock.GetUtcNow(), ItemSchema = s_object, TestingCriteria = [] }, Cancel)).Id;

        async Task<EvalRunId> NewRunAsync(EvalId eval) => (await runs.CreateAsync(RunOf(eval, clock), Cancel)).Id;
    }

    [Fact]
    public async Task Items_stay_of_a_run_that_is_created_while_the_runs_are_listed()
    {
        var prefix = await azurite.NewPrefixAsync();
        var account = azurite.Open(prefix);
        await account.CreateContainersAsync(Cancel);
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var (evals, runs, items) = (new EvalCatalog(account), new EvalRunCatalog(account), new EvalItemStore(account));
        var eval = (await evals.CreateAsync(new EvalRecord { Id = EvalId.New(clock), Name = "e", CreatedAt = clock.GetUtcNow(), ItemSchema = s_object, TestingCriteria = [] }, Cancel)).Id;
        var run = RunOf(eval, clock);
        var call = new InterruptedCall("GET", "comp=list", "eval-runs")
        {
            Before = async () =>
            {
                await runs.CreateAsync(run, Cancel);
                await items.WriteAsync(run.Id, 0, [ItemOf(clock)], Cancel);
            },
        };
        var slow = call.Open(azurite, prefix);

        await new LeftEvalRuns(slow, new EvalCatalog(slow), new EvalRunCatalog(slow), new EvalItemStore(slow)).RemoveAsync(Cancel);

        Assert.Equal([$"{run.Id}/items/00000000.json"], await JobBlobsAsync(account));
    }

    private static EvalRunRecord RunOf(EvalId eval, TimeProvider clock) => new()
    {
        Id = EvalRunId.New(clock), EvalId = eval, Name = "r", CreatedAt = clock.GetUtcNow(), DataSource = new EvalDataSource { Json = s_object }, TestingCriteria = [], Criteria = [],
    };

    private static EvalItemRecord ItemOf(TimeProvider clock) => new() { Index = 0, Item = s_object, Output = "", Status = EvalItemStatus.Pass, CreatedAt = clock.GetUtcNow() };

    private static async Task<List<string>> JobBlobsAsync(BlobAccount account)
    {
        var names = new List<string>();
        await foreach (var blob in account.Jobs.GetBlobsAsync(cancellationToken: Cancel))
            names.Add(blob.Name);
        return names;
    }
}
