using Serverless.Learning.Formats;
using Serverless.Learning.Adapters;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Tests;
using Serverless.Tests.Shared;
using static TorchSharp.torch;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>Which checkpoint becomes the model, and in which numbers, on the journal and a real Azurite.</summary>
public sealed class PublishedModelTests(AzuriteFixture azurite) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_model_is_written_in_float32_on_request_equal_to_base_and_adapter_and_otherwise_in_bfloat16()
    {
        await using var head = await StartAsync();
        var file = await head.UploadAsync(TinyModel.Dataset(12));
        var folders = new Dictionary<MergeDtype, string>();
        foreach (var dtype in (MergeDtype?[])[MergeDtype.F32, null])
        {
            var job = await head.CreateAsync(file, with: request => request with
            {
                MergeDtype = dtype, Adapter = new AdapterRequest { Type = AdapterKind.Lora, Rank = 4 }, Method = new JobMethod { Hyperparameters = new Hyperparameters { Epochs = 2, BatchSize = 4, LearningRate = 1e-2 } },
            });
            job = await head.UntilAsync(job.Id, JobStatus.Succeeded);
            var model = (await head.Get<ModelCatalog>().FindAsync(job.FineTunedModel!.Value, default))!;
            folders[dtype ?? MergeDtype.Bf16] = await head.Get<ModelStore>().DownloadAsync(model, Path.Combine(_folder.Path, $"model-{dtype}"), default);
            if (dtype is not null)
                Assert.InRange((await head.Get<JobMerges>().FindAsync(job.Id, default))!.LargestLogitDifference, 0, 1e-5);
        }
        var card = await File.ReadAllTextAsync(Path.Combine(folders[MergeDtype.F32], "README.md"), TestContext.Current.CancellationToken);
        Assert.Contains("| merge\\_dtype | f32 |", card, StringComparison.Ordinal);
        var start = (await head.Get<ModelCatalog>().FindAsync(PipelineHead.Tiny, default))!;
        var beginning = await head.Get<ModelStore>().DownloadAsync(start, Path.Combine(_folder.Path, "start"), default);
        using SafetensorsFile whole = Open(folders[MergeDtype.F32]), half = Open(folders[MergeDtype.Bf16]), before = Open(beginning),
            adapter = SafetensorsFile.Open(Path.Combine(folders[MergeDtype.F32], "adapter", "adapter_model.safetensors"));
        const string Name = "model.layers.0.self_attn.q_proj.weight";
        using var scope = NewDisposeScope();
        var merged = whole.Read(Name);
        Assert.Equal((ScalarType.Float32, ScalarType.BFloat16), (merged.dtype, half.Read(Name).dtype));
        Tensor Lora(string side) => adapter.Read($"base_model.model.model.layers.0.self_attn.q_proj.lora_{side}.weight").to(ScalarType.Float32);
        var scale = System.Text.Json.JsonDocument.Parse(File.ReadAllText(Path.Combine(folders[MergeDtype.F32], "adapter", "adapter_config.json"))).RootElement;
        var expected = before.Read(Name).to(ScalarType.Float32) + Lora("B").matmul(Lora("A")) * (scale.GetProperty("lora_alpha").GetDouble() / scale.GetProperty("r").GetInt32());
        Assert.InRange((merged - expected).abs().max().item<float>(), 0, 1e-6);
        Assert.True((merged - merged.to(ScalarType.BFloat16).to(ScalarType.Float32)).abs().max().item<float>() > 1e-5, "nothing would have been rounded away");
    }

    [Theory]
    [InlineData(PublishedCheckpoint.Best)]
    [InlineData(PublishedCheckpoint.Last)]
    public async Task The_checkpoint_of_the_lowest_validation_loss_is_published_on_request(PublishedCheckpoint publish)
    {
        await using var head = await StartAsync();
        // What is learned is the contrary of what is looked at: the validation loss grows from epoch to epoch.
        var training = await head.UploadAsync(TinyModel.Dataset(24).Replace("\"content\":\"billing\"", "\"content\":\"shipping shipping shipping\"", StringComparison.Ordinal));
        var validation = await head.UploadAsync(TinyModel.Dataset(12).Replace("\"content\":\"account\"", "\"content\":\"the parcel\"", StringComparison.Ordinal), "valid.jsonl");
        var job = await head.CreateAsync(training, validation, request => request with
        {
            Method = new JobMethod { Hyperparameters = new Hyperparameters { Epochs = 8, BatchSize = 4, LearningRate = 2e-2, Publish = publish } },
        });
        job = await head.UntilAsync(job.Id, JobStatus.Succeeded);
        var losses = (await head.Get<JobLog>().ListMetricsAsync(job.Id, 0, default)).Where(step => step.ValidLoss is not null).ToList();
        Assert.Equal(8, losses.Count);
        var best = losses.MinBy(step => step.ValidLoss)!;
        Assert.NotEqual(48, best.Step);
        var published = (await head.Get<JobEvaluations>().FindAsync(job.Id, default))!.Tuned.Scores.Loss;
        var wanted = publish == PublishedCheckpoint.Best ? best : losses[^1];
        Assert.Equal(wanted.ValidLoss!.Value, published, 0.05 * wanted.ValidLoss.Value);
        Assert.Equal(publish == PublishedCheckpoint.Best ? 1 : 0, (await head.MessagesAsync(job.Id)).Count(message => message.StartsWith($"The model is that of step {best.Step}, whose validation loss, ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_policy_of_the_highest_validation_reward_is_published_on_request()
    {
        await using var head = await StartAsync();
        var prompts = await head.UploadAsync(MethodData.Of(MethodType.Reinforcement, 24));
        var asked = MethodData.Request(MethodType.Reinforcement, 2);
        var job = await head.CreateAsync(prompts, prompts, request => request with
        {
            Method = asked with { Hyperparameters = asked.Hyperparameters with { Publish = PublishedCheckpoint.Best }, Policy = asked.Policy! with { EvaluationInterval = 3 } },
        });
        job = await head.UntilAsync(job.Id, JobStatus.Succeeded);
        // Twelve steps: policies are looked at before the 4th, the 7th and the 10th.
        var rewards = (await head.Get<JobLog>().ListMetricsAsync(job.Id, 0, default)).Where(step => step.Step > 1 && step.Figures.ContainsKey("valid_reward")).ToDictionary(step => step.Step - 1, step => step.Figures["valid_reward"]);
        Assert.Equal([3, 6, 9], rewards.Keys);
        var best = rewards.MaxBy(entry => entry.Value);
        var kept = (await head.Get<JobLog>().ReadHeadAsync(job.Id, default))!.Checkpoints.Single(checkpoint => checkpoint.Step == best.Key);
        Assert.Equal(best.Value, kept.Metrics!.ValidReward);
        Assert.Single(await head.MessagesAsync(job.Id), message => message.StartsWith($"The model is that of step {best.Key}, whose validation reward, ", StringComparison.Ordinal));
    }

    public void Dispose() => _folder.Dispose();

    private static SafetensorsFile Open(string folder) => SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));

    private async Task<PipelineHead> StartAsync() =>
        await PipelineHead.StartAsync(await azurite.NewAccountAsync(), Path.Combine(_folder.Path, Guid.NewGuid().ToString("n")), new PipelineSettings { EvaluatedAnswerTokens = 8, EvaluatedAnswers = 8 });
}
