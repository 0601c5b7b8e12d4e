using System.Text;
using System.Text.Json;
using Serverless.Learning.Adapters;
using Serverless.Local.Journal;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>Jobs that read general text beside what they learn, on the journal and a real Azurite.</summary>
public sealed class ReplayTests(AzuriteFixture azurite) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(MethodType.Supervised)]
    [InlineData(MethodType.Dpo)]
    [InlineData(MethodType.Reinforcement)]
    [InlineData(MethodType.Pretraining)]
    public async Task Every_method_reads_text_in_each_step_and_shows_what_was_forgotten(MethodType method)
    {
        await using var head = await StartAsync();
        var text = await head.UploadAsync(Text, "text.jsonl");
        // Of pre-training the text is learned from as well.
        var training = method == MethodType.Pretraining ? text : await head.UploadAsync(MethodData.Of(method, 16));
        var job = await RunAsync(head, training, method, new ReplayRequest(text, 0.3));

        var metrics = await head.Get<JobLog>().ListMetricsAsync(job.Id, 0, default);
        Assert.NotEmpty(metrics);
        Assert.All(metrics, step => Assert.InRange(step.Figures["replay_loss"], 1, 10));
        var plan = await head.Get<JobPlans>().FindAsync(job.StageId(), default);
        Assert.Equal(128, plan!.ReplayTokens);
        Assert.Equal(plan.Tokens * plan.Options.Epochs + 128 * metrics.Count, plan.TotalTokens);
        Assert.All(metrics, step => Assert.True(step.Tokens > 128));
        Assert.Equal(metrics.Sum(step => (long)step.Tokens), job.TrainedTokens);
        var evaluation = await head.Get<JobEvaluations>().FindAsync(job.Id, default);
        Assert.Equal((true, 0, 0), (evaluation!.Finished, evaluation.Examples, evaluation.Tuned.Answered));
        Assert.Equal(127, evaluation.Base.General.Tokens);
        Assert.Equal(127, evaluation.Tuned.General.Tokens);
        Assert.NotEqual(evaluation.Base.General.Loss, evaluation.Tuned.General.Loss);
        var card = await CardAsync(head, job);
        Assert.Matches(@"\| loss on general text, held back \| [0-9.]+ \| [0-9.]+ \|", card);
        Assert.Contains("| replay | text.jsonl | 60 |", card, StringComparison.Ordinal);
        Assert.Contains("| replay.share | 0.3 |", card, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(MethodType.Supervised)]
    [InlineData(MethodType.Reinforcement)]
    public async Task Chunks_of_any_size_give_the_same_bytes_and_the_same_sample_answers(MethodType method)
    {
        var ends = new HashSet<string>();
        foreach (var (settings, journal) in ((PipelineSettings?, JournalSettings?)[])
            [
                (null, null),
                (new PipelineSettings { ChunkSteps = 3 }, null),
                (null, new JournalSettings { ActivityBudget = TimeSpan.FromMilliseconds(1) }),
            ])
        {
            await using var head = await StartAsync(settings, journal);
            var (training, text) = (await head.UploadAsync(MethodData.Of(method, 16)), await head.UploadAsync(Text, "text.jsonl"));
            var job = await head.CreateAsync(training, method == MethodType.Supervised ? training : null, request => request with
            {
                Method = MethodData.Request(method, 3) with { Replay = new ReplayRequest(text, 0.3) },
                Adapter = method == MethodType.Supervised ? new AdapterRequest { Type = AdapterKind.Lora, Rank = 4, Dropout = 0.1 } : new AdapterRequest { Type = AdapterKind.Full },
            });
            job = await head.UntilAsync(job.Id, JobStatus.Succeeded);
            var samples = await head.SamplesAsync(job.Id);
            Assert.Equal(method == MethodType.Supervised ? [4, 8, 12] : [1, 3, 4, 5, 6, 7, 9, 10, 11, 12], samples.Select(sample => sample.GetProperty("step").GetInt32()));
            ends.Add(await head.WeightsAsync(job) + string.Concat(samples.Select(sample => sample.GetRawText())));
        }
        Assert.Single(ends);
    }

    [Fact]
    public async Task Sample_answers_are_the_best_and_the_worst_of_a_rollout_or_greedy_ones_to_the_first_two_validation_prompts()
    {
        await using var head = await StartAsync();
        var (prompts, pairs) = (await head.UploadAsync(MethodData.Of(MethodType.Reinforcement, 12)), await head.UploadAsync(MethodData.Of(MethodType.Dpo, 12), "pairs.jsonl"));
        // One after the other: whoever finds no slot looks again after five seconds.
        var policy = await head.CreateAsync(prompts, with: request => request with { Method = MethodData.Request(MethodType.Reinforcement) });
        policy = await head.UntilAsync(policy.Id, JobStatus.Succeeded);
        var preferences = await head.CreateAsync(pairs, pairs, request => request with { Method = MethodData.Request(MethodType.Dpo, 2) });
        await head.UntilAsync(preferences.Id, JobStatus.Succeeded);

        await using var content = await head.Get<FileStore>().OpenAsync(policy.ResultFiles[1], 0, default);
        using var reader = new StreamReader(content!, Encoding.UTF8);
        var rollouts = (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        foreach (var shown in await head.SamplesAsync(policy.Id))
        {
            var pair = shown.GetProperty("samples").EnumerateArray().ToList();
            Assert.Equal([1.0, 0.0], pair.Select(answer => answer.GetProperty("reward").GetDouble()));
            Assert.StartsWith("Ticket ", pair[0].GetProperty("prompt").GetString(), StringComparison.Ordinal);
            Assert.Equal(pair[0].GetProperty("prompt").GetString(), pair[1].GetProperty("prompt").GetString());
            Assert.All(pair, answer => Assert.Contains(rollouts, drawn =>
                drawn.GetProperty("number").GetInt32() == shown.GetProperty("step").GetInt32() - 1
                && drawn.GetProperty("text").GetString() == answer.GetProperty("answer").GetString()
                && drawn.GetProperty("reward").GetDouble() == answer.GetProperty("reward").GetDouble()));
        }
        var greedy = await head.SamplesAsync(preferences.Id);
        Assert.Equal([3, 6], greedy.Select(shown => shown.GetProperty("step").GetInt32()));
        Assert.All(greedy, shown => Assert.Equal(["Ticket 0", "Ticket 1"], shown.GetProperty("samples").EnumerateArray().Select(answer => answer.GetProperty("prompt").GetString())));
        Assert.All(greedy, shown => Assert.All(shown.GetProperty("samples").EnumerateArray(), answer => Assert.False(answer.TryGetProperty("reward", out _))));
        Assert.Contains("Step 3: sample answers", await head.MessagesAsync(preferences.Id));
    }

    [Fact]
    public async Task A_share_of_zero_measures_and_changes_nothing()
    {
        await using var head = await StartAsync();
        var (training, text) = (await head.UploadAsync(TinyModel.Dataset(16)), await head.UploadAsync(Text, "text.jsonl"));
        var measured = await RunAsync(head, training, MethodType.Supervised, new ReplayRequest(text, 0));
        var plain = await RunAsync(head, training, MethodType.Supervised, null);

        Assert.Equal(await head.WeightsAsync(plain), await head.WeightsAsync(measured));
        Assert.Equal(plain.TrainedTokens, measured.TrainedTokens);
        Assert.Equal(127, (await head.Get<JobEvaluations>().FindAsync(measured.Id, default))!.Tuned.General.Tokens);
        Assert.Null(await head.Get<JobEvaluations>().FindAsync(plain.Id, default));
    }

    [Fact]
    public async Task Every_stage_of_a_recipe_is_measured_on_the_text_of_the_last_that_has_one()
    {
        await using var head = await StartAsync();
        var (training, text) = (await head.UploadAsync(TinyModel.Dataset(16)), await head.UploadAsync(Text, "text.jsonl"));
        var stage = new RecipeStageRequest { Method = MethodData.Request(MethodType.Supervised), Adapter = new AdapterRequest { Type = AdapterKind.Full } };
        var job = await head.CreateAsync(training, with: request => request with
        {
            Method = new JobMethod { Type = MethodType.Recipe },
            Stages = [stage with { Method = stage.Method with { Replay = new ReplayRequest(text, 0.5) } }, stage],
        });
        job = await head.UntilAsync(job.Id, JobStatus.Succeeded);

        var metrics = await head.Get<JobLog>().ListMetricsAsync(job.Id, 0, default);
        Assert.Equal([true, true, true, true, false, false, false, false], metrics.Select(step => step.Figures.ContainsKey("replay_loss")));
        var evaluation = await head.Get<JobEvaluations>().FindAsync(job.Id, default);
        Assert.Equal([127, 127, 127], new[] { evaluation!.Base, evaluation.Stages.Single(), evaluation.Tuned }.Select(model => model.General.Tokens));
        Assert.Equal(3, new[] { evaluation.Base, evaluation.Stages.Single(), evaluation.Tuned }.Select(model => model.General.Loss).Distinct().Count());
        Assert.Matches(@"\| 1 \| supervised fine-tuning of all weights \| 1 to 4 \| [0-9.]+ \| loss on general text [0-9.]+ \|", await CardAsync(head, job));
    }

    [Fact]
    public async Task Text_that_both_models_are_measured_on_is_not_read_again_for_their_answers()
    {
        await using var head = await StartAsync();
        var (training, text) = (await head.UploadAsync(TinyModel.Dataset(16)), await head.UploadAsync(Text, "text.jsonl"));
        var job = await SteppedJob.CreateAsync(
            head, training, training, request => request with { Method = MethodData.Request(MethodType.Supervised) with { Replay = new ReplayRequest(text, 0) } });
        await job.TrainAsync();
        // Without time for more, a call is one block of each model: the base's examples, text and answers, and from its last call on the tuned model's.
        for (var call = 0; call < 4; call++)
            await head.Get<Evaluate>().RunAsync(job.Id, new ActivityScope(job.Id.Value, DateTimeOffset.UtcNow, default));
        var evaluation = (await head.Get<JobEvaluations>().FindAsync(job.Id, default))!;
        Assert.Equal((127, 127, 16, 0), (evaluation.Base.General.Tokens, evaluation.Tuned.General.Tokens, evaluation.Base.Answered, evaluation.Tuned.Answered));

        await head.Get<FileStore>().DeleteAsync(text, default);
        await job.UntilDoneAsync<Evaluate>();
        evaluation = (await head.Get<JobEvaluations>().FindAsync(job.Id, default))!;
        Assert.Equal((true, 16), (evaluation.Finished, evaluation.Tuned.Answered));
    }

    [Fact]
    public async Task Text_that_cannot_be_read_fails_the_job_before_it_starts()
    {
        await using var head = await StartAsync();
        var chats = await head.UploadAsync(TinyModel.Dataset(12));
        var few = await head.UploadAsync(string.Concat(Enumerable.Range(10, 10).Select(number => $$"""{"text": "parcel {{number}}"}""" + "\n")), "few.jsonl");
        var scan = $"found {await TokensAsync(head, few)} tokens; allowed: 257 or more";
        foreach (var (file, message) in new[] { (chats, "found chat data in train.jsonl (line 1 has messages); allowed to replay: text or .txt"), (few, scan) })
        {
            foreach (var isRecipe in (bool[])[false, true])
            {
                var method = MethodData.Request(MethodType.Supervised) with { Replay = new ReplayRequest(file, 0.1) };
                var job = await head.CreateAsync(chats, with: request => isRecipe
                    ? request with { Method = new JobMethod { Type = MethodType.Recipe }, Stages = [new RecipeStageRequest { Method = MethodData.Request(MethodType.Supervised) }, new RecipeStageRequest { Method = method }] }
                    : request with { Method = method });
                job = await head.UntilAsync(job.Id, JobStatus.Failed);
                var parameter = isRecipe ? "method.recipe.stages[1].replay.file" : "method.replay.file";
                Assert.Equal(("invalid_replay_file", $"{parameter}: {message}", parameter, (DateTimeOffset?)null), (job.Error!.Code, job.Error.Message, job.Error.Param, job.StartedAt));
            }
        }
        var lost = await Assert.ThrowsAsync<Serverless.Learning.InputError>(() => RunAsync(head, chats, MethodType.Supervised, new ReplayRequest(new FileId("file-none"), 0.1)));
        Assert.Equal(("invalid method.replay.file: file-none", "method.replay.file"), (lost.Message, lost.Parameter));
    }

    public void Dispose() => _folder.Dispose();

    private static string Text { get; } = MethodData.Of(MethodType.Pretraining, 60);

    private static async Task<long> TokensAsync(PipelineHead head, FileId id)
    {
        for (var look = 0; look < 2400; look++)
        {
            if (await head.Get<FileCatalog>().FindAsync(id, default) is { Status: FileStatus.Processed, Report: { } report })
                return report.Tokens + report.Examples;
            await Task.Delay(25, TestContext.Current.CancellationToken);
        }
        throw new TimeoutException($"waited in vain for {id}");
    }

    private static async Task<JobRecord> RunAsync(PipelineHead head, FileId training, MethodType method, ReplayRequest? replay)
    {
        var job = await head.CreateAsync(training, with: request => request with
        {
            Method = MethodData.Request(method) with { Replay = replay }, Adapter = new AdapterRequest { Type = AdapterKind.Full },
        });
        return await head.UntilAsync(job.Id, JobStatus.Succeeded);
    }

    private static async Task<string> CardAsync(PipelineHead head, JobRecord job)
    {
        var model = await head.Get<ModelCatalog>().FindAsync(job.FineTunedModel!.Value, default);
        await using var stream = await head.Get<ModelStore>().OpenAsync(model!, model!.Parts.Single(part => part.Path == "README.md"), default);
        return await new StreamReader(stream, Encoding.UTF8).ReadToEndAsync();
    }

    private async Task<PipelineHead> StartAsync(PipelineSettings? settings = null, JournalSettings? journal = null) =>
        await PipelineHead.StartAsync(await azurite.NewAccountAsync(), Path.Combine(_folder.Path, Guid.NewGuid().ToString("n")), settings, journal);
}
