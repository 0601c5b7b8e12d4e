using System.Text;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs.Models;
using Serverless.Learning;
using Serverless.Learning.Models;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Models.Adding;
using Serverless.Service.Storage;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Service.Tests.Models.Adding;

public sealed class AddModelTests(AzuriteFixture azurite) : IDisposable
{
    private static readonly string[] s_names =
        ["config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];

    private readonly TemporaryFolder _scratch = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task A_folder_becomes_a_base_model_and_adding_it_again_changes_nothing()
    {
        var parts = await OpenAsync();
        var folder = TinyModel.Write(_scratch["tiny"]);
        var steps = new List<AddProgress>();

        var added = await parts.Add.RunAsync(new FolderFiles(folder), new AddRequest("org/tiny-1.5", "here"), steps.Add, Ct);
        var before = await BlobsAsync(parts.Account);
        var again = await parts.Add.RunAsync(new FolderFiles(folder), new AddRequest("org/tiny-1.5", "there"), null, Ct);

        var record = await parts.Catalog.FindAsync(new ModelId("org/tiny-1.5"), Ct);
        Assert.Equivalent(added.Record, record, strict: true);
        Assert.Equal((true, false), (added.IsNew, again.IsNew));
        Assert.Equivalent(record, again.Record, strict: true);
        Assert.Equal(before, await BlobsAsync(parts.Account));
        Assert.Equal((ModelKind.Base, "user", "here"), (record!.Kind, record.OwnedBy, record.Source));
        Assert.Equal($"base/org=2Ftiny-1.5/{record.ContentHash}", record.Folder);
        Assert.Equal(16, record.ContentHash.Length);
        Assert.Equal(s_names, record.Parts.Select(part => part.Path));
        foreach (var step in (string[])["hashing", "storing"])
            Assert.Equal((record.Bytes, record.Bytes), steps.Where(report => report.Step == step).Select(report => (report.Bytes, report.TotalBytes)).Last());
        using var loaded = LanguageModel.Load(await parts.Store.DownloadAsync(record, _scratch["cache"], Ct));
        Assert.Equal(2, loaded.Decoder.Config.Layers);
    }

    [Fact]
    public async Task Other_content_under_the_same_name_is_refused_unless_it_is_to_replace()
    {
        var parts = await OpenAsync();
        var (first, second) = (TinyModel.Write(_scratch["a"]), TinyModel.Write(_scratch["b"], seed: 2));
        var before = (await parts.AddAsync(new FolderFiles(first), "tiny")).Record;

        var fault = await Assert.ThrowsAsync<InputError>(() => parts.AddAsync(new FolderFiles(second), "tiny"));
        Assert.Equal("The model 'tiny' exists already and has another content; take another name, or replace it", fault.Message);
        Assert.Equal("model_exists", fault.Code);
        Assert.Equivalent(before, await parts.Catalog.FindAsync(before.Id, Ct), strict: true);

        var replaced = await parts.AddAsync(new FolderFiles(second), "tiny", replace: true);
        Assert.True(replaced.IsNew);
        Assert.NotEqual(before.ContentHash, replaced.Record.ContentHash);
        Assert.Equivalent(replaced.Record, await parts.Catalog.FindAsync(before.Id, Ct), strict: true);
    }

    [Fact]
    public async Task What_a_stage_of_a_recipe_starts_from_is_in_use_until_the_job_ends()
    {
        var parts = await OpenAsync();
        var (model, between, file) = (new ModelId("tiny"), new ModelId("ft:tiny:local::abc:ckpt-step-6"), FileId.New(TimeProvider.System));
        var job = new JobRecord
        {
            Id = JobId.New(TimeProvider.System), Model = model, BaseModel = model, TrainingFile = file, Seed = 1,
            Method = new JobMethod { Type = MethodType.Recipe }, CreatedAt = TimeProvider.System.GetUtcNow(), Status = JobStatus.Running, Stage = 1,
            Stages = [new RecipeStage { Method = new JobMethod(), TrainingFile = file }, new RecipeStage { Method = new JobMethod(), TrainingFile = file, Model = between }],
        };
        await parts.Jobs.CreateAsync(job, Ct);
        var use = new BaseUse(parts.Jobs, parts.Catalog);

        var fault = await Assert.ThrowsAsync<InputError>(() => use.RefuseIfUsedAsync(between, Ct));
        Assert.Equal(($"The model '{between}' is in use by {job.Id}; wait for the end of these jobs, or cancel them", "model_in_use"), (fault.Message, fault.Code));
        await parts.Jobs.UpdateAsync(job.Id, now => now with { Status = JobStatus.Cancelled }, Ct);
        await use.RefuseIfUsedAsync(between, Ct);
    }

    [Fact]
    public async Task A_model_on_which_a_job_trains_is_neither_replaced_nor_removed()
    {
        var parts = await OpenAsync();
        var record = (await parts.AddAsync(new FolderFiles(TinyModel.Write(_scratch["a"])), "tiny")).Record;
        var job = new JobRecord
        {
            Id = JobId.New(TimeProvider.System), Model = record.Id, BaseModel = record.Id, TrainingFile = FileId.New(TimeProvider.System), Seed = 1,
            Method = new JobMethod(), CreatedAt = TimeProvider.System.GetUtcNow(), Status = JobStatus.Running,
        };
        await parts.Jobs.CreateAsync(job, Ct);

        var message = $"The model 'tiny' is in use by {job.Id}; wait for the end of these jobs, or cancel them";
        var other = new FolderFiles(TinyModel.Write(_scratch["b"], seed: 2));
        Assert.Equal(message, (await Assert.ThrowsAsync<InputError>(() => parts.AddAsync(other, "tiny", replace: true))).Message);
        Assert.Equal(message, (await Assert.ThrowsAsync<InputError>(() => parts.Remove.RunAsync(record.Id, Ct))).Message);

        await parts.Jobs.UpdateAsync(job.Id, now => now with { Status = JobStatus.Succeeded }, Ct);
        await parts.Remove.RunAsync(record.Id, Ct);
        Assert.Null(await parts.Catalog.FindAsync(record.Id, Ct));
        Assert.Empty(await BlobsAsync(parts.Account));
    }

    [Fact]
    public async Task A_model_on_which_a_job_began_during_the_upload_is_not_replaced()
    {
        var parts = await OpenAsync();
        var record = (await parts.AddAsync(new FolderFiles(TinyModel.Write(_scratch["a"])), "tiny")).Record;
        var job = new JobRecord
        {
            Id = JobId.New(TimeProvider.System), Model = record.Id, BaseModel = record.Id, TrainingFile = FileId.New(TimeProvider.System), Seed = 1,
            Method = new JobMethod(), CreatedAt = TimeProvider.System.GetUtcNow(), Status = JobStatus.Queued,
        };
        var opened = 0;
        var other = new Watched(new FolderFiles(TinyModel.Write(_scratch["b"], seed: 2)), async file =>
        {
            // Weights are opened for their header, for their hash, and to be stored.
            if (file.Path == "model.safetensors" && ++opened == 3) await parts.Jobs.CreateAsync(job, Ct);
        });

        var fault = await Assert.ThrowsAsync<InputError>(() => parts.AddAsync(other, "tiny", replace: true));

        Assert.Equal((3, BaseUse.Code), (opened, fault.Code));
        Assert.Equivalent(record, await parts.Catalog.FindAsync(record.Id, Ct), strict: true);
        await parts.Jobs.UpdateAsync(job.Id, now => now with { Status = JobStatus.Cancelled }, Ct);
        Assert.NotEqual(record.ContentHash, (await parts.AddAsync(other, "tiny", replace: true)).Record.ContentHash);
        Assert.Equal(5, opened); // what was stored need not be stored again
    }

    [Fact]
    public async Task What_the_service_itself_put_there_and_what_carries_adapters_is_not_removed()
    {
        var parts = await OpenAsync();
        var seeded = await parts.Store.SeedBaseAsync("seeded", TinyModel.Write(_scratch["a"]), Ct);
        var added = (await parts.AddAsync(new FolderFiles(_scratch["a"]), "tiny")).Record;
        await parts.Store.SeedAdapterAsync("routing", TinyModel.Write(_scratch["c"]), added.Id, Ct);

        Assert.Equal(
            "You have insufficient permissions for this operation: 'seeded' is a base model that comes with the service or lies in its folder of models, and would be back at the next start.",
            (await Assert.ThrowsAsync<InputError>(() => parts.Remove.RunAsync(seeded.Id, Ct))).Message);
        Assert.Equal("The model 'tiny' is the base of routing; remove what answers on it first", (await Assert.ThrowsAsync<InputError>(() => parts.Remove.RunAsync(added.Id, Ct))).Message);
        Assert.Equal("The model 'nobody' does not exist", (await Assert.ThrowsAsync<InputError>(() => parts.Remove.RunAsync(new ModelId("nobody"), Ct))).Message);
        Assert.Equal(
            "The name 'routing' belongs to a model that is no base; take another name",
            (await Assert.ThrowsAsync<InputError>(() => parts.AddAsync(new FolderFiles(_scratch["a"]), "routing"))).Message);
    }

    [Fact]
    public async Task Every_fault_of_a_folder_stands_in_one_error_and_nothing_is_stored()
    {
        var parts = await OpenAsync();
        var folder = TinyModel.Write(_scratch["broken"]);
        Edit(Path.Combine(folder, "config.json"), config =>
        {
            config["intermediate_size"] = 65;
            config["num_hidden_layers"] = 3;
        });
        Edit(Path.Combine(folder, "tokenizer_config.json"), config => config["chat_template"] = "{% for m in messages %}");
        File.WriteAllText(Path.Combine(folder, "generation_config.json"), "[]");
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), "{");

        var fault = await Assert.ThrowsAsync<InputError>(() => parts.AddAsync(new FolderFiles(folder), "broken"));

        var lines = fault.Message.Split('\n');
        Assert.StartsWith("tokenizer.json", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("tokenizer_config.json line 1: ", lines[1], StringComparison.Ordinal);
        Assert.Equal("generation_config.json: found Array; allowed: an object", lines[2]);
        Assert.Equal("model.safetensors does not fit config.json in 15 places:", lines[3]);
        Assert.Contains("  model.layers.0.mlp.down_proj.weight: found shape [32, 64]; the configuration asks for [32, 65]", lines);
        Assert.Contains("  missing model.layers.2.input_layernorm.weight [32]", lines);
        Assert.DoesNotContain(Path.GetTempPath(), fault.Message, StringComparison.Ordinal);
        Assert.Empty(await BlobsAsync(parts.Account));
        Assert.Empty(await parts.Catalog.ListAsync(null, Ct));
    }

    [Fact]
    public async Task A_token_without_a_row_and_a_family_that_is_not_supported_are_named()
    {
        var parts = await OpenAsync();
        var folder = TinyModel.Write(_scratch["tiny"]);
        Edit(Path.Combine(folder, "config.json"), config => config["vocab_size"] = 290);
        var fault = await Assert.ThrowsAsync<InputError>(() => parts.AddAsync(new FolderFiles(folder), "tiny"));
        Assert.Matches("^tokenizer.json: token \".+\" has the id 290; config.json, vocab_size: 290 allows ids below that\n", fault.Message);

        Edit(Path.Combine(folder, "config.json"), config => config["model_type"] = "mamba");
        fault = await Assert.ThrowsAsync<InputError>(() => parts.AddAsync(new FolderFiles(folder), "tiny"));
        Assert.StartsWith("config.json, model_type: found mamba; allowed: llama, ", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shards_that_the_index_names_and_nobody_brings_are_all_named()
    {
        var parts = await OpenAsync();
        var folder = TinyModel.Write(_scratch["tiny"]);
        File.Move(Path.Combine(folder, "model.safetensors"), Path.Combine(folder, "consolidated.safetensors"));
        File.WriteAllText(
            Path.Combine(folder, "model.safetensors.index.json"),
            """{"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}""");
        var fault = await Assert.ThrowsAsync<InputError>(() => parts.AddAsync(new FolderFiles(folder), "tiny"));
        Assert.Equal(
            "model-00001-of-00002.safetensors: no such file; model.safetensors.index.json names it\n" +
            "model-00002-of-00002.safetensors: no such file; model.safetensors.index.json names it", fault.Message);
    }

    [Fact]
    public async Task An_archive_may_have_one_folder_around_the_model_and_what_is_no_part_of_it_is_left_out()
    {
        var parts = await OpenAsync();
        var folder = TinyModel.Write(_scratch["tiny"]);
        var zip = ZipBytes.Of(
            folder, "tiny/", ("tiny/picture.png", [1]), ("tiny/modeling.py", [1]), ("tiny/.gitattributes", [1]), ("tiny/original/params.json", [1]), ("__MACOSX/tiny/._config.json", [1]),
            ("tiny/LICENSE", Encoding.UTF8.GetBytes("MIT")), ("tiny/adapter.safetensors", [1]));
        await using var archive = await ZipBytes.OpenAsync(zip);

        var added = await parts.AddAsync(archive, "tiny");

        Assert.Equal(["LICENSE", .. s_names], added.Record.Parts.Select(part => part.Path));
        Assert.Equal(
            ["__MACOSX/tiny/._config.json", "tiny/.gitattributes", "tiny/adapter.safetensors", "tiny/modeling.py", "tiny/original/params.json", "tiny/picture.png"], added.LeftOut);
        var stored = await parts.Store.DownloadAsync(added.Record, _scratch["cache"], Ct);
        foreach (var name in s_names)
            Assert.Equal(File.ReadAllBytes(Path.Combine(folder, name)), File.ReadAllBytes(Path.Combine(stored, name)));
    }

    [Theory]
    [InlineData("m.zip: the name ../config.json leads out of the folder; allowed: names inside it", "../config.json")]
    [InlineData("m.zip: the name /etc/x.json leads out of the folder; allowed: names inside it", "/etc/x.json")]
    [InlineData("m.zip: the name a/../../x.json leads out of the folder; allowed: names inside it", "a/../../x.json")]
    [InlineData("m.zip: the name C:x.json leads out of the folder; allowed: names inside it", "C:x.json")]
    [InlineData("m.zip: the name ..\\x.json leads out of the folder; allowed: names inside it", "..\\x.json")]
    [InlineData("m.zip: the name config.json stands there 2 times; allowed: once", "Config.json")]
    [InlineData("m.zip: pytorch_model.bin is in a format that can run code when it is read; allowed: weights in .safetensors, without such files beside them", "pytorch_model.bin")]
    [InlineData("m.zip: training_args.PT is in a format that can run code when it is read; allowed: weights in .safetensors, without such files beside them", "training_args.PT")]
    public async Task What_has_no_place_in_an_archive_is_refused_by_name(string message, string entry)
    {
        var parts = await OpenAsync();
        await using var archive = await ZipBytes.OpenAsync(ZipBytes.Of(TinyModel.Write(_scratch["tiny"]), "", (entry, [1])));
        Assert.Equal(message, (await Assert.ThrowsAsync<InputError>(() => parts.AddAsync(archive, "tiny"))).Message);
        Assert.Empty(await BlobsAsync(parts.Account));
    }

    [Fact]
    public async Task An_archive_of_no_model_or_of_two_is_refused()
    {
        var parts = await OpenAsync();
        await using var none = await ZipBytes.OpenAsync(ZipBytes.Of(null, "", ("a/b/config.json", [1])));
        Assert.Equal(
            "m.zip: found no config.json; a model folder holds config.json, tokenizer.json and *.safetensors",
            (await Assert.ThrowsAsync<InputError>(() => parts.AddAsync(none, "tiny"))).Message);
        await using var two = await ZipBytes.OpenAsync(ZipBytes.Of(null, "", ("a/config.json", [1]), ("b/config.json", [1])));
        Assert.Equal("m.zip: found config.json in a and b; allowed: one model", (await Assert.ThrowsAsync<InputError>(() => parts.AddAsync(two, "tiny"))).Message);
    }

    [Fact]
    public async Task Texts_that_would_fill_the_memory_are_refused_by_their_stated_size()
    {
        var parts = await OpenAsync();
        var fault = await Assert.ThrowsAsync<InputError>(() => parts.AddAsync(
            new Stated("m.zip", [new("config.json", 200_000_000), new("tokenizer.json", 100_000_000), new("model.safetensors", 1L << 40)]), "tiny"));
        Assert.Equal("m.zip: its files but for weights have 300000000 bytes together; allowed: at most 268435456", fault.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("../a")]
    [InlineData("a//b")]
    [InlineData("ft:a:b::c")]
    [InlineData(".hidden")]
    public async Task A_name_that_could_be_taken_for_something_else_is_refused(string name)
    {
        var parts = await OpenAsync();
        var fault = await Assert.ThrowsAsync<InputError>(() => parts.AddAsync(new FolderFiles(TinyModel.Write(_scratch["tiny"])), name));
        Assert.Equal($"name: found '{name}'; allowed: 1 to 96 letters, digits, hyphens, underscores and inner dots, in parts with a slash between them", fault.Message);
    }

    [Fact]
    public async Task The_sample_model_keeps_its_name() => Assert.Equal(
        "name: found 'sample-8m', the model that comes with the product; allowed: any other name",
        (await Assert.ThrowsAsync<InputError>(async () => await (await OpenAsync()).AddAsync(new FolderFiles(TinyModel.Write(_scratch["tiny"])), "sample-8m"))).Message);

    [Fact]
    public async Task Links_in_a_folder_are_followed_as_a_hubs_cache_needs_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege on Windows");
        var parts = await OpenAsync();
        var folder = TinyModel.Write(_scratch["blobs"]);
        var links = Directory.CreateDirectory(_scratch["snapshot"]).FullName;
        foreach (var path in Directory.GetFiles(folder))
            File.CreateSymbolicLink(Path.Combine(links, Path.GetFileName(path)), path);
        Assert.Equal(s_names, (await parts.AddAsync(new FolderFiles(links), "tiny")).Record.Parts.Select(part => part.Path));
    }

    private static void Edit(string path, Action<JsonObject> change)
    {
        var json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        change(json);
        File.WriteAllText(path, json.ToJsonString());
    }

    private static async Task<List<string>> BlobsAsync(BlobAccount account)
    {
        var names = new List<string>();
        await foreach (var blob in account.Models.GetBlobsAsync(new GetBlobsOptions(), Ct))
            names.Add($"{blob.Name} {blob.Properties.ETag}");
        return names;
    }

    private async Task<AddingParts> OpenAsync() => AddingParts.On(await azurite.NewAccountAsync());

    /// <summary>Files that tell when one is opened.</summary>
    private sealed record Watched(IModelFiles Inner, Func<ModelFile, Task> OnOpen) : IModelFiles
    {
        public string Name => Inner.Name;

        public IReadOnlyList<ModelFile> Files => Inner.Files;

        public async Task<Stream> OpenAsync(ModelFile file, CancellationToken ct)
        {
            await OnOpen(file);
            return await Inner.OpenAsync(file, ct);
        }
    }

    /// <summary>Files that are never opened.</summary>
    private sealed record Stated(string Name, IReadOnlyList<ModelFile> Files) : IModelFiles
    {
        public Task<Stream> OpenAsync(ModelFile file, CancellationToken ct) => throw new InvalidOperationException($"{file.Path} was opened");
    }
}
