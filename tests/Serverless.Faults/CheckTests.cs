using System.Text.Json;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Serverless.Faults.Checks;
using Serverless.Faults.Running;
using Serverless.Faults.Worlds;
using Serverless.Local.Journal;
using Serverless.Service.Evals;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Tests.Heads;
using Serverless.Tests.Shared;

namespace Serverless.Faults;

/// <summary>What the suite asks of a storage: of a whole one nothing is found, and of each damage what it is.</summary>
public sealed class CheckTests(AzuriteFixture azurite, ITestOutputHelper output)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Blobs_that_nothing_names_are_found()
    {
        await using var world = await World.OnSharedStorageAsync(NewRun());
        var account = world.Account;
        await account.CreateContainersAsync(Ct);
        Assert.Empty(await BlobCheck.FindAsync(world, Ct));
        foreach (var (container, name) in new[]
            {
                (account.Models, "published/ft=3Atiny/0123/model.safetensors"), (account.Files, "file-1/train.jsonl"), (account.Jobs, "ftjob-1/plan.json"), (account.Jobs, "starts/ftjob-1.json"),
                (account.Catalog, "half/record"), (account.Datasets, "drop.jsonl"),
            })
            await container.UploadBlobAsync(name, new BinaryData("{}"), Ct);
        Assert.Equal(
            [
                "models/published/ft=3Atiny/0123/model.safetensors is nobody's", "files/file-1/train.jsonl is nobody's", "jobs/ftjob-1/plan.json is no job's and no run's",
                "jobs/starts/ftjob-1.json is no job's and no run's", "catalog/half/record is nobody's", "datasets/drop.jsonl was never taken",
            ],
            await BlobCheck.FindAsync(world, Ct));
    }

    /// <summary>One job, and then one damage after the other, each put right again.</summary>
    [Fact(Timeout = 600_000)]
    public async Task Each_damage_of_a_storage_is_found()
    {
        var run = NewRun();
        var kind = JobKind.All[1];
        await Undisturbed.FindAsync(run, [kind]);
        await using var world = await World.OnSharedStorageAsync(run);
        JobRecord job;
        await using (var head = await world.StartHeadAsync(Ct))
        {
            job = await world.UntilEndedAsync(await world.CreateJobAsync(head, kind, Ct), Ct);
            await head.StopAsync();
        }
        await world.Ledger.NoteAsync(world, Ct);
        await Invariants.CheckAsync(world, [(kind, job.Id)], Ct);

        var (jobs, catalog) = (world.Account.Jobs, world.Account.Catalog);
        var committed = (await world.Log.ReadHeadAsync(job.Id, Ct))!;
        var model = (await world.Models.FindAsync(job.FineTunedModel!.Value, Ct))!;
        var newest = committed.Newest!;
        var folder = newest.Manifest[..(newest.Manifest.LastIndexOf('/') + 1)];
        var part = (await NamesAsync(jobs, folder)).First(name => name.EndsWith(".safetensors", StringComparison.Ordinal));
        var events = await NamesAsync(jobs, $"{job.Id}/events/");
        var metrics = await NamesAsync(jobs, $"{job.Id}/metrics/");
        var weights = model.Parts.First(one => one.Path.EndsWith(".safetensors", StringComparison.Ordinal)).Path;
        var file = job.TrainingFile.Value;
        (string Damage, Func<Task> Do, string Finding)[] damages =
        [
            ("an uploaded file is gone with its record", () => RemoveAsync((catalog, $"files/{file}.json"), (world.Account.Files, file + "/")), $"{file} was there and is lost"),
            ("a job's file is gone", () => RemoveAsync((catalog, $"files/{file}.json"), (world.Account.Files, file + "/")), $"{job.Id} names {file}, which does not exist"),
            ("a file's content is gone", () => RemoveAsync((world.Account.Files, file + "/")), $"{file} has 0 contents"),
            ("a file's content is another one", async () => await ChangeAsync(world.Account.Files, (await NamesAsync(world.Account.Files, file + "/"))[0], Flip), $"{file} has another content"),
            ("a job is gone with all it had", () => RemoveAsync((catalog, $"jobs/{job.Id}.json"), (jobs, job.Id + "/")), $"{job.Id} was there and is lost"),
            ("a job's record is gone", () => RemoveAsync((catalog, $"jobs/{job.Id}.json")), $"jobs/{job.Id}/plan.json is no job's and no run's"),
            ("a model is gone with its record", () => RemoveAsync((catalog, "models/ft=3A"), (world.Account.Models, model.Folder)), $"{model.Id} was there and is lost"),
            ("a job's model is gone", () => RemoveAsync((catalog, "models/ft=3A"), (world.Account.Models, model.Folder)), $"{job.Id} names {model.Id}, which does not exist"),
            ("a model lacks a part", () => RemoveAsync((world.Account.Models, $"{model.Folder}/{weights}")), $"{model.Id} lacks {weights}"),
            ("a model's part is another one", () => ChangeAsync(world.Account.Models, $"{model.Folder}/{weights}", Flip), $"{model.Id} has another {weights}"),
            ("the checkpoints are gone, and the head begins anew", () => CommitAsync(committed with { Checkpoints = [] }), $"had a checkpoint of step {newest.Step}, which is lost"),
            ("a checkpoint lacks a part", () => RemoveAsync((jobs, part)), "lacks " + Path.GetFileName(part)),
            ("a checkpoint's part is another one", () => ChangeAsync(jobs, part, Flip), "has another " + Path.GetFileName(part)),
            ("a checkpoint's manifest is gone", () => RemoveAsync((jobs, newest.Manifest)), "the manifest is missing"),
            ("a checkpoint's folder holds more", () => jobs.UploadBlobAsync(folder + "more", new BinaryData("x"), Ct), $"jobs/{folder}more is no checkpoint's"),
            ("a checkpoint is told of as another one", () => ChangeTextAsync(events, $"Checkpoint created at step {newest.Step}\"", "Checkpoint created at step 1\""), $"no event tells of the checkpoint of step {newest.Step}"),
            ("a segment of events is gone", () => RemoveAsync((jobs, events[0])), "begins at"),
            ("the last segment of events is gone", () => RemoveAsync((jobs, events[^1])), "events end at"),
            ("an event is doubled", () => ChangeAsync(jobs, events[0], text => text + text[..(text.IndexOf('\n') + 1)]), "begins at"),
            ("an event is told otherwise", () => ChangeTextAsync(events, "The job has successfully completed", "The job has succeeded"), "and tell of 0 ends"),
            ("an event of long ago is told otherwise", () => ChangeTextAsync(events, "Step 1/", "Step one/"), "Step one/"),
            ("the last event is of the last century", () => ChangeTextAsync([events[^1]], "\"createdAt\":\"20", "\"createdAt\":\"19"), "an event is older than the one before it"),
            ("a segment of metrics is gone", () => RemoveAsync((jobs, metrics[^1])), "metrics end at"),
            ("a step's metrics are another step's", () => ChangeTextAsync(metrics, "\"step\":1,", "\"step\":2,"), "the metrics are not those of the steps 1 to"),
            ("a job has not ended", () => world.Jobs.UpdateAsync(job.Id, one => one with { Status = JobStatus.Running }, Ct), $"{job.Id} is Running"),
            ("a workflow goes on", () => JournalAsync(JournalState.Running), $"the workflow of {job.Id} has not ended"),
            ("a workflow has failed", () => JournalAsync(JournalState.Failed), $"the workflow of {job.Id} has failed"),
            ("a job that has ended holds its place", () => jobs.GetBlobClient("admission.json").UploadAsync(
                BinaryData.FromObjectAsJson(new AdmissionState { Holders = [job.Id] }, PipelineJson.Options), overwrite: true, Ct), $"{job.Id} has ended and has a place"),
            ("a model is no job's", () => world.Models.CreateAsync(model with { Id = new("ft:tiny::x:12345678"), Parts = [] }, Ct), "ft:tiny::x:12345678 is no job's model"),
        ];
        var whole = await StorageCopy.OfAsync(world, Ct);
        foreach (var (damage, act, finding) in damages)
        {
            await act();
            var findings = await Invariants.FindAsync(world, clockJumped: false, Ct);
            output.WriteLine($"{damage}:\n  {string.Join("\n  ", findings)}");
            var isFound = findings.Any(one => one.Contains(finding, StringComparison.Ordinal));
            Assert.True(isFound, $"{damage}: looked for '{finding}' in\n{string.Join("\n", findings)}");
            await whole.PutBackAsync(Ct);
        }
        Assert.Empty(await Invariants.FindAsync(world, clockJumped: false, Ct));

        async Task RemoveAsync(params (BlobContainerClient Container, string Prefix)[] what)
        {
            foreach (var (container, prefix) in what)
            {
                var names = await NamesAsync(container, prefix);
                Assert.NotEmpty(names);
                foreach (var name in names)
                    await container.DeleteBlobAsync(name, cancellationToken: Ct);
            }
        }

        async Task CommitAsync(JobHead head) =>
            await ChangeAsync(jobs, $"{job.Id}/head.json", _ => JsonSerializer.Serialize(head, Service.Catalog.CatalogJson.Options));

        async Task ChangeTextAsync(IReadOnlyList<string> names, string old, string instead)
        {
            var changed = 0;
            foreach (var name in names)
                await ChangeAsync(jobs, name, text =>
                {
                    changed += text.Contains(old, StringComparison.Ordinal) ? 1 : 0;
                    return text.Replace(old, instead, StringComparison.Ordinal);
                });
            Assert.Equal(1, changed);
        }

        async Task JournalAsync(JournalState state)
        {
            var (record, etag) = (await world.Journal.FindAsync(job.Id.Value, Ct))!.Value;
            Assert.NotNull(await world.Journal.ReplaceAsync(record with { State = state }, etag, Ct));
        }
    }

    [Fact]
    public async Task Each_damage_of_an_evaluation_is_found()
    {
        await using var world = await World.OnSharedStorageAsync(NewRun());
        await world.Account.CreateContainersAsync(Ct);
        var (evals, runs) = (world.Evals, world.EvalRuns);
        var anything = JsonDocument.Parse("{}").RootElement;
        var eval = await evals.CreateAsync(
            new EvalRecord { Id = EvalId.New(TimeProvider.System), Name = "e", CreatedAt = DateTimeOffset.UnixEpoch, ItemSchema = anything, TestingCriteria = [] }, Ct);
        var run = await runs.CreateAsync(
            new EvalRunRecord
            {
                Id = EvalRunId.New(TimeProvider.System), EvalId = eval.Id, Name = "r", CreatedAt = DateTimeOffset.UnixEpoch, DataSource = new EvalDataSource { Json = anything },
                TestingCriteria = [], Criteria = [new("c", Passed: 2)], Status = EvalRunStatus.Completed, Done = 2, Passed = 2,
            },
            Ct);
        var items = new EvalItemStore(world.Account);
        await WriteAsync(0, 0, 1);
        world.Ledger.Evaluates(eval.Id, run.Id, 2);
        (string Damage, Func<Task> Do, string Finding)[] damages =
        [
            ("an evaluation is gone", () => evals.DeleteAsync(eval.Id, Ct), $"{eval.Id} was there and is lost"),
            ("a run's evaluation is gone", () => evals.DeleteAsync(eval.Id, Ct), $"{run.Id} is a run of {eval.Id}, which does not exist"),
            ("a run is gone", () => runs.DeleteAsync(run.Id, Ct), $"{run.Id} was there and is lost"),
            ("a run is gone and has left its items", () => runs.DeleteAsync(run.Id, Ct), $"jobs/{run.Id}/items/00000000.json is no job's and no run's"),
            ("a run has ended too early", () => runs.UpdateAsync(run.Id, now => now with { Done = 1, Passed = 1 }, Ct), $"{run.Id} has 1 of 2 items"),
            ("a run has not ended", () => runs.UpdateAsync(run.Id, now => now with { Status = EvalRunStatus.InProgress }, Ct), $"{run.Id}: InProgress"),
            ("a run lacks its items", () => items.DeleteAsync(run.Id, Ct), $"{run.Id} counts 2 items and has "),
            ("an item was written twice", () => WriteAsync(0, 0, 0, 1), $"{run.Id} counts 2 items and has 0, 0, 1"),
            ("items are there that are not counted", () => WriteAsync(16, 2), $"jobs/{run.Id}/items/00000016.json is counted by no run"),
            ("a criterion counts what it has not", () => runs.UpdateAsync(run.Id, now => now with { Criteria = [new("c", Passed: 1, Failed: 1)] }, Ct), $"{run.Id} counts other results of c"),
            ("a run counts what it has not", () => runs.UpdateAsync(run.Id, now => now with { Passed = 1, Failed = 1 }, Ct), $"{run.Id} counts (1, 1, 0) items"),
        ];
        Assert.Empty(await Invariants.FindAsync(world, clockJumped: false, Ct));
        var whole = await StorageCopy.OfAsync(world, Ct);
        foreach (var (damage, act, finding) in damages)
        {
            await act();
            var findings = await Invariants.FindAsync(world, clockJumped: false, Ct);
            Assert.True(findings.Any(one => one.Contains(finding, StringComparison.Ordinal)), $"{damage}: looked for '{finding}' in\n{string.Join("\n", findings)}");
            await whole.PutBackAsync(Ct);
        }
        Assert.Empty(await Invariants.FindAsync(world, clockJumped: false, Ct));
        world.Ledger.Deleted(run.Id.Value);
        world.Ledger.Deleted(eval.Id.Value);
        Assert.Equal(
            new[] { $"{run.Id} was deleted and is there", $"{eval.Id} was deleted and is there" }.Order(), (await Invariants.FindAsync(world, clockJumped: false, Ct)).Order());

        Task WriteAsync(int first, params int[] indices) => items.WriteAsync(run.Id, first, [.. indices.Select(ItemOf)], Ct);

        EvalItemRecord ItemOf(int at) => new()
        {
            Index = at, Item = anything, Output = "", Status = EvalItemStatus.Pass, Results = [new("c", "string_check", 1, true)], CreatedAt = DateTimeOffset.UnixEpoch,
        };
    }

    [Fact]
    public void Checkpoints_that_were_made_twice_or_in_another_order_are_found()
    {
        var head = new JobHead { Checkpoints = [Made(4), Made(8)] };
        Assert.Empty(LogCheck.CheckpointFindings(head, ["Checkpoint created at step 4", "other", "Checkpoint created at step 8"]));
        Assert.Equal(["the checkpoint of step 4 was made after that of step 4"], LogCheck.CheckpointFindings(head, Told(4, 4, 8)));
        Assert.Equal(
            ["the checkpoint of step 4 was made after that of step 8", "the last event of a checkpoint tells of step 4, and the newest is that of step 8"],
            LogCheck.CheckpointFindings(head, Told(8, 4)));
        Assert.Equal(["no event tells of the checkpoint of step 4"], LogCheck.CheckpointFindings(head, Told(8)));
        // One that could not be read is made again.
        const string Damage = "The checkpoint x is damaged: y. The job goes on from step 4 instead of step 8";
        Assert.Empty(LogCheck.CheckpointFindings(head, [.. Told(4, 8), Damage, .. Told(6, 8)]));
        Assert.NotEmpty(LogCheck.CheckpointFindings(head, [.. Told(4, 8), Damage, .. Told(4, 8)]));

        static CommittedCheckpoint Made(int step) => new(step, $"{step}/manifest.json", default);

        static IReadOnlyList<string> Told(params int[] steps) => [.. steps.Select(step => $"Checkpoint created at step {step}")];
    }

    [Fact]
    public void An_ending_that_differs_is_found()
    {
        var expected = new Ending(new Dictionary<string, string> { ["model.safetensors"] = "01" }, 12, ["one", "two", "three"], ["plan.json"]);
        Assert.Empty(EndingCheck.Differences(expected, expected with { Messages = ["one", "said", "two", "three"] }, message => message == "said"));
        var found = new Ending(new Dictionary<string, string> { ["model.safetensors"] = "02", ["more.safetensors"] = "03" }, 11, ["one", "three"], ["plan.json", "starts.json"]);
        Assert.Equal(
            [
                "model.safetensors: other weights than an undisturbed run's", "more.safetensors: other weights than an undisturbed run's", "the last checkpoint is that of step 11 instead of 12",
                "other events than an undisturbed run's: number 2 of 2 is 'three' instead of 'two' of 3", "other blobs than an undisturbed run's: number 2 of 2 is 'starts.json' instead of '' of 1",
            ],
            EndingCheck.Differences(expected, found, _ => false));
        Assert.Contains(EndingCheck.Differences(expected, expected with { Weights = new Dictionary<string, string>() }, _ => false), one => one.StartsWith("model.safetensors", StringComparison.Ordinal));
    }

    [Fact]
    public void What_a_job_that_failed_told_otherwise_is_found()
    {
        var expected = new Ending(new Dictionary<string, string> { ["model.safetensors"] = "01" }, 12, ["one", "two", "three"], ["plan.json"]);
        var failed = new Ending(new Dictionary<string, string>(), 4, ["one", "two", "The job failed: x"], []);
        Assert.Empty(EndingCheck.DifferencesUntilItEnded(expected, failed, _ => false));
        Assert.Equal(
            ["other events than an undisturbed run's up to there: number 2 of 2 is 'one' instead of 'two' of 3", "it has not succeeded and has a model"],
            EndingCheck.DifferencesUntilItEnded(expected, failed with { Messages = ["one", "one", "The job failed: x"], Weights = expected.Weights }, _ => false));
    }

    private static async Task ChangeAsync(BlobContainerClient container, string name, Func<string, string> change)
    {
        var blob = container.GetBlobClient(name);
        BlobDownloadResult read = await blob.DownloadContentAsync(Ct);
        // Every byte a character, so that what is not text stays as it is.
        var changed = System.Text.Encoding.Latin1.GetBytes(change(System.Text.Encoding.Latin1.GetString(read.Content)));
        await blob.UploadAsync(new BinaryData(changed), new BlobUploadOptions { Metadata = read.Details.Metadata }, Ct);
    }

    private static async Task<List<string>> NamesAsync(BlobContainerClient container, string prefix)
    {
        var names = new List<string>();
        await foreach (var blob in container.GetBlobsAsync(new() { Prefix = prefix }, Ct))
            names.Add(blob.Name);
        return names;
    }

    private static string Flip(string content) => content[..^1] + (char)(content[^1] ^ 1);

    private FaultRun NewRun() => new(azurite, HeadPlace.Model, 1, TimeSpan.Zero, 0, isShort: true, TextWriter.Null, Ct);
}
