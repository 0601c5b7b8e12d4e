using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Serverless.Learning.Adapters;
using Serverless.Learning.Models;
using Serverless.Learning.Sampling;
using Serverless.Learning.Text;
using Serverless.Service.Inference;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Models.Adding;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>Every kind of adapter, from the request to a model that answers.</summary>
public sealed class FineTuneAdapterTests(AzuriteFixture azurite) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Kinds => [.. Requests.Keys];

    private static Dictionary<string, AdapterRequest> Requests { get; } = new()
    {
        ["of all weights"] = new AdapterRequest { Type = AdapterKind.Full },
        ["with LoRA"] = new AdapterRequest { Type = AdapterKind.Lora, Rank = 4, Dropout = 0.1, TargetModules = ["q_proj", "down_proj"] },
        ["with rsLoRA"] = new AdapterRequest { Type = AdapterKind.Lora, Rank = 4, RankStabilized = true },
        ["with DoRA"] = new AdapterRequest { Type = AdapterKind.Lora, Rank = 4, WeightDecomposed = true },
        ["with QLoRA"] = new AdapterRequest { Type = AdapterKind.Qlora, Rank = 4 },
        ["with QLoRA (DoRA scaled as rsLoRA)"] = new AdapterRequest { Type = AdapterKind.Qlora, Rank = 4, WeightDecomposed = true, RankStabilized = true, Dropout = 0.1 },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_job_of_each_kind_is_published_with_its_agreement_and_answers(string means)
    {
        await using var head = await StartAsync();
        var validation = await head.UploadAsync(TinyModel.Dataset(12), "valid.jsonl");
        var job = await head.CreateAsync(await head.UploadAsync(TinyModel.Dataset(20)), validation, With(Requests[means]));
        job = await head.UntilAsync(job.Id, JobStatus.Succeeded);

        var model = (await head.Get<ModelCatalog>().FindAsync(job.FineTunedModel!.Value, default))!;
        Assert.Equal(Requests[means].Type != AdapterKind.Full, model.Parts.Any(part => part.Path == "adapter/adapter_model.safetensors"));
        var agreement = (await head.Get<JobMerges>().FindAsync(job.Id, default))!;
        Assert.Equal(4 * 16, agreement.Positions); // of the four texts of the first step
        // Rounding to bfloat16, and with QLoRA 4-bit numbers, moved the logits: somewhat, and not far.
        Assert.InRange(agreement.LargestLogitDifference, 1e-6, 0.1);
        Assert.InRange(agreement.Divergence, 0, 1e-3);
        Assert.InRange(agreement.SameToken, 0.8, 1);
        var card = await ReadAsync(head, model, "README.md");
        Assert.Contains($"by supervised fine-tuning {means} with Serverless", card, StringComparison.Ordinal);
        Assert.Contains("## As trained and as stored", card, StringComparison.Ordinal);
        Assert.InRange(await AnswerAsync(head, model), 1, 8);
    }

    [Fact]
    public async Task Chunks_of_one_step_and_of_all_end_with_the_same_bytes_on_a_quantised_base()
    {
        var weights = new HashSet<string>();
        foreach (var steps in (int?[])[1, null])
        {
            await using var head = await StartAsync(new PipelineSettings { ChunkSteps = steps });
            var job = await head.CreateAsync(
                await head.UploadAsync(TinyModel.Dataset(20)), with: With(Requests["with QLoRA (DoRA scaled as rsLoRA)"]));
            job = await head.UntilAsync(job.Id, JobStatus.Succeeded);
            weights.Add(await head.WeightsAsync(job) + await head.WeightsAsync(job, "adapter/adapter_model.safetensors"));
        }
        Assert.Single(weights);
    }

    [Theory]
    [InlineData("with LoRA")]
    [InlineData("with QLoRA")]
    public async Task A_job_on_a_base_that_is_in_memory_ends_with_the_bytes_of_one_that_reads_it(string means)
    {
        await using var head = await StartAsync();
        var training = await head.UploadAsync(TinyModel.Dataset(20));
        var weights = new HashSet<string>();
        for (var jobs = 1; jobs <= 3; jobs++)
        {
            var job = await head.CreateAsync(training, with: With(Requests[means]));
            job = await head.UntilAsync(job.Id, JobStatus.Succeeded);
            weights.Add(await head.WeightsAsync(job) + await head.WeightsAsync(job, "adapter/adapter_model.safetensors"));
            Assert.Equal(1, head.Get<FrozenBases>().Count);
        }
        Assert.Single(weights);
        // That of a head that has seen no other job is the same again.
        await using var cold = await StartAsync();
        var again = await cold.CreateAsync(await cold.UploadAsync(TinyModel.Dataset(20)), with: With(Requests[means]));
        again = await cold.UntilAsync(again.Id, JobStatus.Succeeded);
        Assert.Contains(await cold.WeightsAsync(again) + await cold.WeightsAsync(again, "adapter/adapter_model.safetensors"), weights);
    }

    [Fact]
    public async Task The_published_adapter_answers_on_its_base_as_an_adapter_too_and_trains_further_from_there()
    {
        await using var head = await StartAsync();
        var training = await head.UploadAsync(TinyModel.Dataset(20));
        var job = await head.CreateAsync(training, with: request => With(Requests["with DoRA"])(request) with
        {
            Method = new JobMethod { Hyperparameters = new Hyperparameters { Epochs = 6, BatchSize = 4, LearningRate = 0.02 } },
        });
        job = await head.UntilAsync(job.Id, JobStatus.Succeeded);
        var store = head.Get<ModelStore>();
        var model = (await head.Get<ModelCatalog>().FindAsync(job.FineTunedModel!.Value, default))!;
        var folder = Path.Combine(await store.DownloadAsync(model, Path.Combine(_folder.Path, "downloads"), default), "adapter");
        var adapter = await store.SeedAdapterAsync("routing", folder, PipelineHead.Tiny, default);

        var (merged, unmerged) = (await LogitsAsync(head, model), await LogitsAsync(head, adapter));
        var bare = await LogitsAsync(head, (await head.Get<ModelCatalog>().FindAsync(PipelineHead.Tiny, default))!);
        // The merged weights are rounded to bfloat16.
        Assert.InRange(Distance(merged, unmerged), 0, 0.1);
        Assert.InRange(Distance(bare, unmerged), 0.5, 100);
        using (var start = LanguageModel.Load(await head.Get<StartingModels>().FolderAsync(adapter, null, default)))
            Assert.InRange(Distance(Logits(start), unmerged), 0, 1e-5);

        var next = await head.CreateAsync(training, training, request => FineTuneTests.Epochs(1)(request) with { Model = adapter.Id });
        next = await head.UntilAsync(next.Id, JobStatus.Succeeded);
        Assert.Equal($"ft:tiny:local::{next.Id.Value[^8..]}", next.FineTunedModel!.Value.Value);
        await store.DeleteAsync(PipelineHead.Tiny, default);
        var orphan = await head.CreateAsync(training, with: request => request with { Model = adapter.Id });
        orphan = await head.UntilAsync(orphan.Id, JobStatus.Failed);
        Assert.Equal("The model 'routing' is an adapter of 'tiny', which does not exist", orphan.Error!.Message);
    }

    [Theory]
    [InlineData("/home/someone/tiny", "org/tiny", null)]
    [InlineData("Org/Tiny-1.5 at 0123456789abcdef0123456789abcdef01234567", "Org/Tiny-1.5", "0123456789abcdef0123456789abcdef01234567")]
    public async Task The_published_adapter_names_a_base_of_the_hub_as_it_is_there(string source, string expected, string? revision)
    {
        await using var head = await StartAsync();
        var add = new AddModel(head.Get<ModelStore>(), head.Get<ModelCatalog>(), new AdapterBases(head.Get<ModelStore>(), head.Get<ModelCatalog>()), new BaseUse(head.JobCatalog, head.Get<ModelCatalog>()), TimeProvider.System);
        var added = await add.RunAsync(new FolderFiles(TinyModel.Write(Path.Combine(_folder.Path, "tiny-2"), seed: 2)), new AddRequest("org/tiny", source), null, default);
        var job = await head.CreateAsync(await head.UploadAsync(TinyModel.Dataset(20)), with: request => With(Requests["with LoRA"])(request) with { Model = added.Record.Id });
        job = await head.UntilAsync(job.Id, JobStatus.Succeeded);

        var step = (await head.Get<JobLog>().ReadHeadAsync(job.Id, default))!.Checkpoints[0].Step;
        var checkpoint = (await head.Get<CheckpointModels>().FindAsync(ModelId.Published("org/tiny", "local", null, job.Id, step), default))!;
        foreach (var model in new[] { (await head.Get<ModelCatalog>().FindAsync(job.FineTunedModel!.Value, default))!, checkpoint })
        {
            using var config = JsonDocument.Parse(await ReadAsync(head, model, "adapter/adapter_config.json"));
            Assert.Equal(expected, config.RootElement.GetProperty("base_model_name_or_path").GetString());
            Assert.Equal(revision, config.RootElement.GetProperty("revision").GetString());
        }
    }

    [Fact]
    public async Task An_adapter_that_was_trained_on_a_published_model_comes_back_on_it_and_trains_further_under_the_root()
    {
        await using var head = await StartAsync();
        var training = await head.UploadAsync(TinyModel.Dataset(20));
        var first = await head.UntilAsync((await head.CreateAsync(training, with: With(Requests["with LoRA"]))).Id, JobStatus.Succeeded);
        var second = await head.CreateAsync(training, with: request => With(Requests["with DoRA"])(request) with
        {
            Model = first.FineTunedModel!.Value,
            Method = new JobMethod { Hyperparameters = new Hyperparameters { Epochs = 6, BatchSize = 4, LearningRate = 0.02 } },
        });
        second = await head.UntilAsync(second.Id, JobStatus.Succeeded);
        var (store, catalog) = (head.Get<ModelStore>(), head.Get<ModelCatalog>());
        var (whole, tuned) = ((await catalog.FindAsync(first.FineTunedModel!.Value, default))!, (await catalog.FindAsync(second.FineTunedModel!.Value, default))!);
        var folder = Path.Combine(await store.DownloadAsync(tuned, Path.Combine(_folder.Path, "downloads"), default), "adapter");

        var add = new AddModel(store, catalog, new AdapterBases(store, catalog), new BaseUse(head.JobCatalog, catalog), TimeProvider.System);
        var adapter = (await add.RunAsync(new FolderFiles(folder), new AddRequest("second", "a test"), null, default)).Record;

        Assert.Equal((ModelKind.Adapter, whole.Id), (adapter.Kind, adapter.BaseModel!.Value));
        var unmerged = await LogitsAsync(head, adapter);
        Assert.InRange(Distance(await LogitsAsync(head, tuned), unmerged), 0, 0.1); // the merged weights are rounded to bfloat16
        Assert.InRange(Distance(await LogitsAsync(head, whole), unmerged), 0.2, 100);
        var third = await head.CreateAsync(training, with: request => FineTuneTests.Epochs(1)(request) with { Model = adapter.Id });
        Assert.Equal($"ft:tiny:local::{third.Id.Value[^8..]}", (await head.UntilAsync(third.Id, JobStatus.Succeeded)).FineTunedModel!.Value.Value);
    }

    [Fact]
    public async Task Target_modules_that_the_model_does_not_have_are_named_before_training()
    {
        await using var head = await StartAsync();
        var job = await head.CreateAsync(
            await head.UploadAsync(TinyModel.Dataset(20)), with: With(new AdapterRequest { TargetModules = ["q_proj", "query_key_value", "lm_head"] }));
        job = await head.UntilAsync(job.Id, JobStatus.Failed);
        Assert.Equal(
            "adapter.target_modules: found query_key_value, lm_head; allowed: all-linear, or any of q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj",
            job.Error!.Message);
        Assert.Null(job.StartedAt);
    }

    public void Dispose() => _folder.Dispose();

    private static Func<JobRequest, JobRequest> With(AdapterRequest adapter) => request => FineTuneTests.Epochs(2)(request) with { Adapter = adapter };

    private static async Task<string> ReadAsync(PipelineHead head, ModelRecord model, string path)
    {
        await using var stream = await head.Get<ModelStore>().OpenAsync(model, model.Parts.Single(part => part.Path == path), default);
        return await new StreamReader(stream, Encoding.UTF8).ReadToEndAsync();
    }

    /// <summary>The length of the greedy answer to a ticket, of at most eight tokens.</summary>
    private async Task<int> AnswerAsync(PipelineHead head, ModelRecord model)
    {
        await using var host = Host(head);
        var call = new ChatCall
        {
            Messages = [new ChatMessage { Role = "user", Content = "my card was charged twice" }], Options = SamplingOptions.Greedy(8),
        };
        var tokens = 0;
        await foreach (var piece in new ChatGenerator(host).StreamAsync(model, call, default))
            tokens += piece.Tokens;
        return tokens;
    }

    /// <summary>The logits after a few tokens.</summary>
    private async Task<float[]> LogitsAsync(PipelineHead head, ModelRecord model)
    {
        await using var host = Host(head);
        float[] logits = [];
        await foreach (var _ in host.StreamAsync(model, loaded =>
        {
            logits = Logits(loaded);
            return new GenerationPlan([]);
        }, default))
        {
        }
        return logits;
    }

    private static float[] Logits(LanguageModel model)
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        using var noGradient = TorchSharp.torch.no_grad();
        using var layout = SequenceLayout.Causal(model.Decoder.Rotary, 1, 4);
        return model.Decoder.Logits(model.Decoder.Hidden([5, 17, 99, 140], layout).narrow(0, 3, 1)).data<float>().ToArray();
    }

    private static double Distance(float[] left, float[] right) => left.Zip(right, (one, other) => Math.Abs(one - other)).Max();

    private ModelHost Host(PipelineHead head) => new(
        head.Get<ModelStore>(), new ModelHostSettings { CacheFolder = Path.Combine(_folder.Path, "hosted") }, TimeProvider.System, NullLogger<ModelHost>.Instance);

    private async Task<PipelineHead> StartAsync(PipelineSettings? settings = null) =>
        await PipelineHead.StartAsync(await azurite.NewAccountAsync(), Path.Combine(_folder.Path, Guid.NewGuid().ToString("n")), settings);
}
