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
using static Serverless.Local.Tests.Pipeline.MethodTests;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>Methods other than supervised training come to the same bytes, wherever their chunks end.</summary>
public sealed class ChunkedMethodTests(AzuriteFixture azurite) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Chunks_of_any_size_learn_preferences_to_the_same_bytes()
    {
        var weights = new HashSet<string>();
        foreach (var (settings, journal) in ((PipelineSettings?, JournalSettings?)[])
            [
                (null, null),
                (new PipelineSettings { ChunkSteps = 1 }, null),
                // Every call of the activity leaves after one step, also those that score the reference.
                (null, new JournalSettings { ActivityBudget = TimeSpan.FromMilliseconds(1) }),
            ])
        {
            await using var head = await StartAsync(settings, journal);
            var job = await head.CreateAsync(await head.UploadAsync(Pairs(18)), with: request => Preferences(2)(request) with
            {
                Adapter = new AdapterRequest { Type = AdapterKind.Lora, Rank = 4, Dropout = 0.1 },
            });
            job = await head.UntilAsync(job.Id, JobStatus.Succeeded);
            weights.Add(await head.WeightsAsync(job) + await head.WeightsAsync(job, "adapter/adapter_model.safetensors"));
        }
        Assert.Single(weights);
    }

    [Fact]
    public async Task Chunks_that_end_in_the_middle_of_a_rollout_change_no_byte()
    {
        var ends = new HashSet<string>();
        foreach (var journal in ChunkSizes.Anywhere)
        {
            await using var head = await StartAsync(journal: journal);
            var job = await head.CreateAsync(await head.UploadAsync(Prompts(12)), with: Reinforcement);
            job = await head.UntilAsync(job.Id, JobStatus.Succeeded);
            var rollouts = await head.Get<FileCatalog>().FindAsync(job.ResultFiles[1], default);
            ends.Add(await head.WeightsAsync(job) + rollouts!.Sha256);
        }
        Assert.Single(ends);
    }

    [Fact]
    public async Task A_reference_that_is_reset_goes_on_in_chunks_that_end_anywhere()
    {
        var ends = new HashSet<string>();
        foreach (var journal in ChunkSizes.Anywhere)
        {
            await using var head = await StartAsync(journal: journal);
            var job = await head.CreateAsync(await head.UploadAsync(Prompts(12)), with: request => Reinforcement(request) is var asked
                ? asked with { Method = asked.Method with { Policy = asked.Method.Policy! with { ReferenceResetSteps = 2 }, Hyperparameters = asked.Method.Hyperparameters with { Epochs = 2 } } }
                : request);
            job = await head.UntilAsync(job.Id, JobStatus.Succeeded);
            var metrics = await head.Get<JobLog>().ListMetricsAsync(job.Id, 0, default);
            Assert.Equal([true, false, true, false, true, false], metrics.Select(step => step.Figures["kl"] == 0));
            Assert.Equal(2, job.Options!.Policy!.ReferenceResetSteps);
            // A checkpoint with a reference of its own becomes a model as any other.
            Assert.NotNull(await head.Get<CheckpointModels>().FindAsync(ModelId.Published("tiny", "local", null, job.Id, 6), default));
            ends.Add(await head.WeightsAsync(job) + JsonSerializer.Serialize(metrics.Select(step => step.Figures)));
        }
        Assert.Single(ends);
    }

    [Fact]
    public async Task Chunks_of_any_size_read_text_to_the_same_bytes()
    {
        var ends = new HashSet<string>();
        foreach (var (settings, journal) in ChunkSizes.Any)
        {
            await using var head = await StartAsync(settings, journal);
            var job = await head.CreateAsync(await head.UploadAsync(MethodData.Of(MethodType.Pretraining, 24)), with: request => request with
            {
                Adapter = new AdapterRequest { Type = AdapterKind.Lora, Rank = 4, Dropout = 0.1 },
                Method = new JobMethod { Type = MethodType.Pretraining, Hyperparameters = new Hyperparameters { Epochs = 3, BatchSize = 2, LearningRate = 2e-3, MaxSequenceLength = 32 } },
            });
            job = await head.UntilAsync(job.Id, JobStatus.Succeeded);
            var metrics = await head.Get<JobLog>().ListMetricsAsync(job.Id, 0, default);
            Assert.InRange(metrics.Count, 9, 99);
            ends.Add(await head.WeightsAsync(job) + await head.WeightsAsync(job, "adapter/adapter_model.safetensors") + JsonSerializer.Serialize(metrics.Select(step => step.TrainLoss)));
        }
        Assert.Single(ends);
    }

    public void Dispose() => _folder.Dispose();

    private async Task<PipelineHead> StartAsync(PipelineSettings? settings = null, JournalSettings? journal = null) =>
        await PipelineHead.StartAsync(
            await azurite.NewAccountAsync(), Path.Combine(_folder.Path, Guid.NewGuid().ToString("n")), settings, journal);
}
