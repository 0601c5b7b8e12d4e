using Microsoft.Extensions.Logging;
using Serverless.Learning.Adapters;
using Serverless.Learning.Formats;
using Serverless.Learning.Models;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Models.Adding;
using Serverless.Service.Tests.Models.Adding;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Service.Tests.Models;

public sealed class BaseModelsTests(AzuriteFixture azurite) : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _warnings = [];

    [Fact]
    public async Task An_adapter_beside_its_base_becomes_a_model()
    {
        var catalog = await SeedAsync(
            ("routing", "someone/tiny", null), ("of a path", "/home/someone/models/tiny/", null));
        foreach (var name in (string[])["routing", "of a path"])
        {
            var record = await catalog.FindAsync(new ModelId(name), default);
            Assert.Equal((ModelKind.Adapter, new ModelId("tiny")), (record!.Kind, record.BaseModel!.Value));
            Assert.Equal(["adapter_config.json", "adapter_model.safetensors"], record.Parts.Select(part => part.Path));
        }
        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task Adapters_that_cannot_be_used_are_named_with_the_reason_and_do_not_keep_the_head_from_starting()
    {
        var catalog = await SeedAsync(
            ("foreign", "meta/llama", null), ("lokr", "tiny", config => config.Replace("LORA", "LOKR", StringComparison.Ordinal)),
            ("wider", "tiny", config => config.Replace("\"r\": 2", "\"r\": 3", StringComparison.Ordinal)));
        Assert.Equal(
            [
                $"The adapter in {Path.Combine(_folder.Path, "foreign")} is left out. adapter_config.json, base_model_name_or_path: found meta/llama, which is not here, so add that model first; allowed: {(Directory.Exists(SampleModel.Folder) ? "sample-8m, " : "")}tiny, or a published model",
                $"The adapter in {Path.Combine(_folder.Path, "lokr")} is left out. adapter_config.json, peft_type: found \"LOKR\"; allowed: \"LORA\"",
                $"The adapter in {Path.Combine(_folder.Path, "wider")} is left out. " +
                "adapter_model.safetensors, module \"model.layers.0.self_attn.q_proj\": lora_A has shape [2, 32]; r = 3 asks for [3, in]\n" +
                "adapter_model.safetensors, module \"model.layers.0.self_attn.q_proj\": lora_B has shape [32, 2]; r = 3 asks for [out, 3]",
            ],
            _warnings);
        Assert.NotNull(await catalog.FindAsync(new ModelId("tiny"), default));
        Assert.Null(await catalog.FindAsync(new ModelId("foreign"), default));
    }

    [Fact]
    public async Task The_base_of_an_adapter_may_be_one_that_was_added()
    {
        var parts = AddingParts.On(await azurite.NewAccountAsync());
        TinyModel.Write(Path.Combine(_folder.Path, "tiny"));
        await parts.AddAsync(new FolderFiles(Path.Combine(_folder.Path, "tiny")), "someone/tiny-7b");
        var models = Directory.CreateDirectory(Path.Combine(_folder.Path, "models")).FullName;
        Write(Path.Combine(models, "routing"), "someone/tiny-7b", config => config);

        await Over(parts).SeedAsync(models, default);

        Assert.Empty(_warnings);
        Assert.Equal(new ModelId("someone/tiny-7b"), (await parts.Catalog.FindAsync(new ModelId("routing"), default))!.BaseModel);
    }

    [Fact]
    public async Task The_base_of_an_adapter_may_be_a_published_model()
    {
        var parts = AddingParts.On(await azurite.NewAccountAsync());
        var tiny = TinyModel.Write(Path.Combine(_folder.Path, "tiny"));
        var published = new ModelRecord
        {
            Id = new ModelId("ft:tiny:local::abcdefgh"), Kind = ModelKind.Published, CreatedAt = TimeProvider.System.GetUtcNow(), OwnedBy = "local", BaseModel = new ModelId("tiny"),
        };
        await parts.Store.PublishAsync(tiny, published, default);
        Write(Path.Combine(_folder.Path, "routing"), published.Id.Value, config => config);

        await Over(parts).SeedAsync(_folder.Path, default);

        Assert.Empty(_warnings);
        Assert.Equal(published.Id, (await parts.Catalog.FindAsync(new ModelId("routing"), default))!.BaseModel);
    }

    [Fact]
    public async Task The_base_of_an_adapter_may_be_one_that_came_from_the_hub_under_another_name()
    {
        var parts = AddingParts.On(await azurite.NewAccountAsync());
        TinyModel.Write(Path.Combine(_folder.Path, "tiny"));
        await parts.Add.RunAsync(
            new FolderFiles(Path.Combine(_folder.Path, "tiny")), new AddRequest("mine", "org/tiny-7b at 0123456789abcdef0123456789abcdef01234567"), null, default);
        var models = Directory.CreateDirectory(Path.Combine(_folder.Path, "models")).FullName;
        Write(Path.Combine(models, "routing"), "org/tiny-7b", config => config);

        await Over(parts).SeedAsync(models, default);

        Assert.Empty(_warnings);
        Assert.Equal(new ModelId("mine"), (await parts.Catalog.FindAsync(new ModelId("routing"), default))!.BaseModel);
    }

    [Theory]
    [InlineData("tiny")]
    [InlineData("routing")]
    public async Task What_a_job_trains_on_keeps_its_content_until_a_start_after_the_job(string model)
    {
        var parts = AddingParts.On(await azurite.NewAccountAsync());
        TinyModel.Write(Path.Combine(_folder.Path, "tiny"));
        Write(Path.Combine(_folder.Path, "routing"), "tiny", config => config);
        await Over(parts).SeedAsync(_folder.Path, default);
        var (id, before) = (new ModelId("tiny"), (await parts.Catalog.FindAsync(new ModelId("tiny"), default))!.ContentHash);
        var job = new JobRecord
        {
            Id = JobId.New(TimeProvider.System), Model = new ModelId(model), BaseModel = id, TrainingFile = FileId.New(TimeProvider.System), Seed = 1,
            Method = new JobMethod(), CreatedAt = TimeProvider.System.GetUtcNow(), Status = JobStatus.Paused,
        };
        await parts.Jobs.CreateAsync(job, default);
        TinyModel.Write(Path.Combine(_folder.Path, "tiny"), seed: 2);

        await Over(parts).SeedAsync(_folder.Path, default);
        Assert.Equal(
            [
                $"What has changed in {Path.Combine(_folder.Path, "tiny")} is not taken before the next start. " +
                $"The model 'tiny' is in use by {job.Id}; wait for the end of these jobs, or cancel them",
            ],
            _warnings);
        Assert.Equal(before, (await parts.Catalog.FindAsync(id, default))!.ContentHash);

        await parts.Jobs.UpdateAsync(job.Id, now => now with { Status = JobStatus.Cancelled }, default);
        await Over(parts).SeedAsync(_folder.Path, default);
        Assert.Single(_warnings);
        Assert.NotEqual(before, (await parts.Catalog.FindAsync(id, default))!.ContentHash);
    }

    public void Dispose() => _folder.Dispose();

    private async Task<ModelCatalog> SeedAsync(params (string Name, string Base, Func<string, string>? Change)[] adapters)
    {
        TinyModel.Write(Path.Combine(_folder.Path, "tiny"));
        foreach (var (name, baseModel, change) in adapters)
            Write(Path.Combine(_folder.Path, name), baseModel, change ?? (config => config));
        var parts = AddingParts.On(await azurite.NewAccountAsync());
        await Over(parts).SeedAsync(_folder.Path, default);
        return parts.Catalog;
    }

    private BaseModels Over(AddingParts parts) => new(parts.Store, new AdapterBases(parts.Store, parts.Catalog), new BaseUse(parts.Jobs, parts.Catalog), new Warnings(_warnings));

    private void Write(string folder, string baseModel, Func<string, string> change)
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        using var model = LanguageModel.Load(Path.Combine(_folder.Path, "tiny"));
        var options = new AdapterOptions { Rank = 2, TargetModules = ["layers.0.self_attn.q_proj"] };
        using var adapter = LoraAdapter.Wrap(model.Decoder, options, seed: 1);
        PeftAdapter.Save(folder, options, baseModel, adapter.Tensors());
        var config = Path.Combine(folder, "adapter_config.json");
        File.WriteAllText(config, change(File.ReadAllText(config)));
    }

    private sealed class Warnings(List<string> lines) : ILogger<BaseModels>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) lines.Add(formatter(state, exception));
        }
    }
}
