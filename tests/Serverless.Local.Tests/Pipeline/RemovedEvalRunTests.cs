using System.Text.Json;
using Serverless.Local.Journal;
using Serverless.Service.Evals;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>Runs of evaluations that are removed while they are answered, on the journal and a real Azurite.</summary>
public sealed class RemovedEvalRunTests(AzuriteFixture azurite) : IDisposable
{
    private static readonly JsonElement s_anything = JsonDocument.Parse("""{"type": "object"}""").RootElement;

    private static readonly JsonElement s_criterion =
        JsonDocument.Parse("""{"type": "string_check", "name": "any", "operation": "ilike", "input": "{{sample.output_text}}", "reference": ""}""").RootElement;

    private static readonly JsonElement s_source =
        JsonDocument.Parse("""{"type": "jsonl", "source": {"type": "file_content", "content": [{"item": {"city": "a"}, "sample": {"output_text": "a"}}]}}""").RootElement;

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_run_that_is_removed_while_its_items_are_written_leaves_none(bool withItsEvaluation)
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
            await (withItsEvaluation ? service.DeleteAsync(eval.Id, cancel) : service.DeleteRunAsync(run, cancel));
            removed.SetResult(run);
        };

        var run = (await service.CreateRunAsync(eval, null, new EvalDataSource { Json = s_source }, [], cancel)).Id;

        Assert.Equal(run, await removed.Task.WaitAsync(TimeSpan.FromMinutes(1), cancel));
        while (await new JournalStore(account.Journal).FindAsync(run.Value, cancel) is { Record.State: JournalState.Running })
            await Task.Delay(10, cancel);
        Assert.Null(await head.Get<EvalRunCatalog>().FindAsync(run, cancel));
        await foreach (var blob in account.Jobs.GetBlobsAsync(new() { Prefix = EvalRunId.Prefix }, cancel))
            Assert.Fail($"{blob.Name} is left");
    }

    public void Dispose() => _folder.Dispose();
}
