using System.Text.Json;
using Serverless.Local.Journal;
using Serverless.Service.Catalog;
using Serverless.Service.Evals;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>Runs of evaluations that are removed or cancelled while they are created and answered, on the journal and a real Azurite.</summary>
public sealed class RemovedEvalRunTests(AzuriteFixture azurite) : IDisposable
{
    private static readonly JsonElement s_anything = JsonDocument.Parse("""{"type": "object"}""").RootElement;

    private static readonly JsonElement s_criterion =
        JsonDocument.Parse("""{"type": "string_check", "name": "any", "operation": "ilike", "input": "{{sample.output_text}}", "reference": ""}""").RootElement;

    private static readonly JsonElement s_source =
        JsonDocument.Parse("""{"type": "jsonl", "source": {"type": "file_content", "content": [{"item": {"city": "a"}, "sample": {"output_text": "a"}}]}}""").RootElement;

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("remove")]
    [InlineData("remove with its evaluation")]
    [InlineData("cancel")]
    public async Task A_run_that_ends_while_its_items_are_written_leaves_none(string what)
    {
        var cancel = TestContext.Current.CancellationToken;
        var call = new InterruptedCall("PUT", "/items/", "");
        var account = call.Open(azurite, await azurite.NewPrefixAsync());
        await account.CreateContainersAsync(cancel);
        await using var head = await PipelineHead.StartAsync(account, _folder.Path);
        var service = head.Get<EvalService>();
        var eval = await service.CreateAsync(null, s_anything, true, [s_criterion], [], cancel);
        var removed = new TaskCompletionSource<EvalRunId>();
        call.Before = async () =>
        {
            var run = (await head.Get<EvalRunCatalog>().ListAsync(null, 1, null, cancel)).Items[0].Id;
            await (what == "cancel" ? service.CancelRunAsync(run, cancel) : what == "remove" ? service.DeleteRunAsync(run, cancel) : service.DeleteAsync(eval.Id, cancel));
            removed.SetResult(run);
        };

        var run = (await service.CreateRunAsync(eval, null, new EvalDataSource { Json = s_source }, [], cancel)).Id;

        Assert.Equal(run, await removed.Task.WaitAsync(TimeSpan.FromMinutes(1), cancel));
        while (await new JournalStore(account.Journal).FindAsync(run.Value, cancel) is { Record.State: JournalState.Running })
            await Task.Delay(10, cancel);
        Assert.Equal(what == "cancel" ? EvalRunStatus.Canceled : (EvalRunStatus?)null, (await head.Get<EvalRunCatalog>().FindAsync(run, cancel))?.Status);
        await foreach (var blob in account.Jobs.GetBlobsAsync(new() { Prefix = EvalRunId.Prefix }, cancel))
            Assert.Fail($"{blob.Name} is left");
    }

    [Fact]
    public async Task A_run_whose_evaluation_is_deleted_while_it_is_created_is_refused_and_leaves_nothing()
    {
        var cancel = TestContext.Current.CancellationToken;
        var call = new InterruptedCall("PUT", "/eval-runs/", "");
        var account = call.Open(azurite, await azurite.NewPrefixAsync());
        await account.CreateContainersAsync(cancel);
        await using var head = await PipelineHead.StartAsync(account, _folder.Path);
        var service = head.Get<EvalService>();
        var eval = await service.CreateAsync(null, s_anything, true, [s_criterion], [], cancel);
        call.Before = () => service.DeleteAsync(eval.Id, cancel);

        await Assert.ThrowsAsync<RecordNotFoundException>(() => service.CreateRunAsync(eval, null, new EvalDataSource { Json = s_source }, [], cancel));

        Assert.Empty((await head.Get<EvalRunCatalog>().ListAsync(null, 1, null, cancel)).Items);
        await foreach (var (id, _, _) in new JournalStore(account.Journal).ListAsync(cancel))
            Assert.Fail($"{id} was begun");
    }

    public void Dispose() => _folder.Dispose();
}
