using System.Text.Json;
using OpenAI.Chat;
using OpenAI.FineTuning;
using Serverless.EndToEnd.Tests.Heads;
using Serverless.Service.Storage;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.EndToEnd.Tests;

/// <summary>The main job on a started head, with the official client.</summary>
public sealed class MainPathTests(AzuriteFixture azurite)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 600_000)]
    public async Task The_official_client_uploads_starts_watches_and_chats()
    {
        using var place = HeadPlace.On(azurite.ConnectionString, await azurite.NewPrefixAsync());
        await using var head = await HeadProcess.StartAsync(place);
        var training = await head.UploadAsync(TinyModel.Dataset(30));
        var validation = await head.UploadAsync(TinyModel.Dataset(12), "validation.jsonl");

        var jobs = head.Client.GetFineTuningClient();
        var job = await jobs.FineTuneAsync(HeadPlace.Model, training, waitUntilCompleted: false, new FineTuningOptions
        {
            ValidationFile = validation,
            Suffix = "tickets",
            Seed = 3,
            TrainingMethod = FineTuningTrainingMethod.CreateSupervised(epochCount: 20, batchSize: 5, learningRate: 10),
        }, Ct);
        Assert.Equal(FineTuningStatus.ValidatingFiles, job.Status);
        while (job.Status.InProgress)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), Ct);
            await job.UpdateStatusAsync(Ct);
        }
        Assert.True(job.Status == FineTuningStatus.Succeeded, $"{job.Status}:\n{head.Output}");
        Assert.Matches("^ft:tiny:[^:]+:tickets:[^:]{8}$", job.Value);

        var events = await head.EventsAsync(job.JobId);
        Assert.Equal($"Validating training file: {training}", HeadCalls.Text(events[0], "message"));
        var metrics = events.Where(entry => HeadCalls.Text(entry, "type") == "metrics").ToList();
        var last = metrics[^1].GetProperty("data");
        Assert.Equal(120, last.GetProperty("step").GetDouble());
        Assert.True(last.GetProperty("train_loss").GetDouble() < metrics[0].GetProperty("data").GetProperty("train_loss").GetDouble() / 4);
        Assert.NotEmpty(await job.GetCheckpointsAsync(cancellationToken: Ct).ToListAsync(Ct));
        await CheckResultFileAsync(head, job.ResultFileIds[0]);

        ChatCompletion answer = await head.Client.GetChatClient(job.Value).CompleteChatAsync(
            [new SystemChatMessage("Name the team that should answer the ticket."), new UserChatMessage("my card was charged twice for the same order 3")],
            new ChatCompletionOptions { Temperature = 0, MaxOutputTokenCount = 8 }, Ct);
        Assert.Equal("billing", answer.Content[0].Text);
        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);

        var models = (await head.GetAsync("models")).GetProperty("data").EnumerateArray().Select(model => HeadCalls.Text(model, "id")).ToList();
        Assert.Contains(HeadPlace.Model, models);
        Assert.Contains(job.Value, models);
    }

    [Fact(Timeout = 600_000)]
    public async Task A_dropped_file_is_taken_once_for_each_version_also_across_restarts()
    {
        var prefix = await azurite.NewPrefixAsync();
        using var place = HeadPlace.On(azurite.ConnectionString, prefix);
        var account = azurite.Open(prefix);
        await using (var head = await HeadProcess.StartAsync(place))
        {
            await DropAsync(account, TinyModel.Dataset(20));
            await WaitForFilesAsync(head, 1);
            await head.StopAsync();
        }
        await using (var head = await HeadProcess.StartAsync(place))
        {
            await DropAsync(account, TinyModel.Dataset(21));
            var files = await WaitForFilesAsync(head, 2);
            // Longer than several looks of the watcher.
            await Task.Delay(TimeSpan.FromSeconds(2), Ct);
            Assert.Equal(2, (await WaitForFilesAsync(head, 2)).Count);
            Assert.All(files, file => Assert.Equal("tickets.jsonl", HeadCalls.Text(file, "filename")));
            Assert.Equal([TinyModel.Dataset(21).Length, TinyModel.Dataset(20).Length], files.Select(file => file.GetProperty("bytes").GetInt32()));
            var job = await head.CreateJobAsync(HeadCalls.JobRequest(HeadCalls.Text(files[0], "id")!, epochs: 1));
            Assert.Equal("succeeded", HeadCalls.Text(await head.WaitForEndAsync(job), "status"));
        }
    }

    [Fact(Timeout = 600_000)]
    public async Task Classify_prints_test_accuracy_beside_the_ngram_classifier()
    {
        using var place = HeadPlace.On(azurite.ConnectionString, await azurite.NewPrefixAsync());
        var file = Path.Combine(place.Folder, "tiny.jsonl");
        await File.WriteAllTextAsync(file, TinyModel.Dataset(30), Ct);
        var (exitCode, output) = await HeadProcess.RunAsync(
            place, "classify", "--train", file, "--validation", file, "--test", file, "--model", HeadPlace.Model, "--epochs", "20",
            "--batch-size", "5", "--learning-rate", "0.01", "--url", "http://127.0.0.1:0", "--likelihoods");
        Assert.True(exitCode == 0, output);
        Assert.Matches(@"tuned +0\.0\d\d +100\.0 % +100\.0 %", output);
        Assert.Matches(@"base, likeliest label +\d+\.\d %", output);
        Assert.Matches(@"linear n-gram classifier +100\.0 %", output);
    }

    private static async Task CheckResultFileAsync(HeadProcess head, string id)
    {
        var lines = (await head.Http.GetStringAsync($"files/{id}/content", Ct)).TrimEnd().Split('\n');
        Assert.Equal("step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy", lines[0].TrimEnd('\r'));
        Assert.Equal(Enumerable.Range(1, 120).Select(step => $"{step}"), lines[1..].Select(line => line.Split(',')[0]));
    }

    private static async Task DropAsync(BlobAccount account, string content) =>
        await account.Datasets.GetBlobClient("mine/tickets.jsonl").UploadAsync(BinaryData.FromString(content), overwrite: true, Ct);

    private static async Task<List<JsonElement>> WaitForFilesAsync(HeadProcess head, int count)
    {
        while (true)
        {
            var files = (await head.GetAsync("files?purpose=fine-tune")).GetProperty("data").EnumerateArray().ToList();
            if (files.Count >= count && files.All(file => HeadCalls.Text(file, "status") == "processed"))
                return files;
            await Task.Delay(TimeSpan.FromMilliseconds(200), Ct);
        }
    }
}
