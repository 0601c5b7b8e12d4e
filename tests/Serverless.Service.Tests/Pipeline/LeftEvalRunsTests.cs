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

        var left = new LeftEvalRuns(evals, runs, items, clock);

        await left.RemoveAsync(Cancel);
        Assert.NotNull(await runs.FindAsync(named, Cancel));
        Assert.Null(await runs.FindAsync(orphan, Cancel));
        Assert.Equal([$"{named}/items/00000000.json", "ftjob-1/plan.json"], await JobBlobsAsync(account));

        await evals.DeleteAsync(kept, Cancel);
        await left.RemoveAsync(Cancel);
        Assert.NotNull(await runs.FindAsync(named, Cancel));
        clock.Advance(LeftEvalRuns.Interval);
        await left.RemoveAsync(Cancel);
        Assert.Null(await runs.FindAsync(named, Cancel));
        Assert.Equal(["ftjob-1/plan.json"], await JobBlobsAsync(account));

        async Task<EvalId> NewEvalAsync() => (await evals.CreateAsync(EvalOf(clock), Cancel)).Id;

        async Task<EvalRunId> NewRunAsync(EvalId eval) => (await runs.CreateAsync(RunOf(eval, clock), Cancel)).Id;
    }

    /// <param name="listed">What is being listed at the time.</param>
    [Theory]
    [InlineData("prefix=evalrun_")]
    [InlineData("prefix=eval-runs")]
    [InlineData("prefix=evals")]
    public async Task An_evaluation_stays_that_comes_with_a_run_and_items_while_all_are_listed(string listed)
    {
        var prefix = await azurite.NewPrefixAsync();
        var account = azurite.Open(prefix);
        await account.CreateContainersAsync(Cancel);
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var (evals, runs, items) = (new EvalCatalog(account), new EvalRunCatalog(account), new EvalItemStore(account));
        var eval = EvalOf(clock);
        var run = RunOf(eval.Id, clock);
        var call = new InterruptedCall("GET", listed, "")
        {
            Before = async () =>
            {
                await evals.CreateAsync(eval, Cancel);
                await runs.CreateAsync(run, Cancel);
                await items.WriteAsync(run.Id, 0, [ItemOf(clock)], Cancel);
            },
        };
        var slow = call.Open(azurite, prefix);

        await new LeftEvalRuns(new EvalCatalog(slow), new EvalRunCatalog(slow), new EvalItemStore(slow), clock).RemoveAsync(Cancel);

        Assert.NotNull(await runs.FindAsync(run.Id, Cancel));
        Assert.Equal([$"{run.Id}/items/00000000.json"], await JobBlobsAsync(account));
    }

    private static EvalRecord EvalOf(TimeProvider clock) => new() { Id = EvalId.New(clock), Name = "e", CreatedAt = clock.GetUtcNow(), ItemSchema = s_object, TestingCriteria = [] };

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
