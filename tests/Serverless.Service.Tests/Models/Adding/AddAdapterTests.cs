using System.Text.Json.Nodes;
using Azure.Storage.Blobs.Models;
using Serverless.Learning;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Models.Adding;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Service.Tests.Models.Adding;

public sealed class AddAdapterTests(AzuriteFixture azurite) : IDisposable
{
    private const string Field = "adapter_config.json, base_model_name_or_path: found ";
    private const string Hub = "meta/tiny-7b at 0123456789abcdef0123456789abcdef01234567";

    private static readonly string[] s_names = ["adapter_config.json", "adapter_model.safetensors"];

    private readonly TemporaryFolder _scratch = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task A_PEFT_folder_becomes_an_adapter_of_its_base_and_adding_it_again_changes_nothing()
    {
        var parts = await OpenAsync();
        var folder = Write("routing", "someone/tiny");
        File.WriteAllText(Path.Combine(folder, "README.md"), "# Routing");
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), "{}");

        var added = await parts.AddAsync(new FolderFiles(folder), "org/routing");
        var before = await BlobsAsync(parts);
        var again = await parts.AddAsync(new FolderFiles(folder), "org/routing");

        Assert.Equal((true, false), (added.IsNew, again.IsNew));
        Assert.Equal(before, await BlobsAsync(parts));
        var record = await parts.Catalog.FindAsync(new ModelId("org/routing"), Ct);
        Assert.Equivalent(added.Record, record, strict: true);
        Assert.Equal((ModelKind.Adapter, new ModelId("tiny"), "user", "a test"), (record!.Kind, record.BaseModel!.Value, record.OwnedBy, record.Source));
        Assert.Equal($"adapter/org=2Frouting/{record.ContentHash}", record.Folder);
        Assert.Equal(s_names, record.Parts.Select(part => part.Path));
        Assert.Equal(["README.md", "tokenizer.json"], added.LeftOut);
    }

    [Theory]
    [InlineData("", "a")]
    [InlineData("a/", "a")]
    [InlineData("a/", "a with the base's configuration beside it")]
    public async Task An_archive_of_an_adapter_is_taken_as_its_folder_is(string root, string name)
    {
        var parts = await OpenAsync();
        var folder = Write(name, "tiny");
        if (name != "a") File.Copy(_scratch["tiny/config.json"], Path.Combine(folder, "config.json"));
        await using var archive = await ZipBytes.OpenAsync(ZipBytes.Of(folder, root, (root + "checkpoint-5/adapter_config.json", [1])));

        var added = await parts.AddAsync(archive, "routing");

        Assert.Equal((ModelKind.Adapter, new ModelId("tiny")), (added.Record.Kind, added.Record.BaseModel!.Value));
        Assert.Equal(s_names, added.Record.Parts.Select(part => part.Path));
    }

    [Fact]
    public async Task A_whole_model_with_an_adapter_beside_or_below_it_stays_a_whole_model()
    {
        var parts = await OpenAsync();
        var folder = Write("routing", "tiny");
        foreach (var path in Directory.GetFiles(_scratch["tiny"]))
            File.Copy(path, Path.Combine(folder, Path.GetFileName(path)));
        Assert.Equal(ModelKind.Base, (await parts.AddAsync(new FolderFiles(folder), "beside")).Record.Kind);
        await using var below = await ZipBytes.OpenAsync(ZipBytes.Of(_scratch["tiny"], "", ("adapter/adapter_config.json", [1])));
        Assert.Equal(ModelKind.Base, (await parts.AddAsync(below, "below")).Record.Kind);
    }

    [Theory]
    [InlineData("tiny", "tiny")]
    [InlineData("someone/tiny", "tiny")]
    [InlineData("/home/someone/models/tiny/", "tiny")]
    [InlineData("C:\\models\\tiny", "tiny")]
    [InlineData("meta/tiny-7b", "from-hub")]
    [InlineData("ft:tiny:local::abcdefgh", "ft:tiny:local::abcdefgh")]
    public async Task A_base_is_found_by_its_name_the_last_part_of_a_path_or_the_hubs_name_for_it(string named, string found)
    {
        var parts = await OpenAsync();
        await parts.Add.RunAsync(new FolderFiles(_scratch["tiny"]), new AddRequest("from-hub", Hub), null, Ct);
        await PublishAsync(parts);
        Assert.Equal(new ModelId(found), (await parts.AddAsync(new FolderFiles(Write("routing", named)), "routing")).Record.BaseModel);
    }

    [Theory]
    [InlineData("meta/llama", "meta/llama, which is not here, so add that model first; allowed: from-hub, from-hub-2, tiny, wider, or a published model", "base_model_not_found")]
    [InlineData("x/other", "x/other, which is an adapter of tiny itself; allowed: from-hub, from-hub-2, tiny, wider, or a published model", null)]
    [InlineData("meta/tiny-7b", "meta/tiny-7b, from which from-hub and from-hub-2 were fetched; allowed: one of these names", null)]
    [InlineData("", "nothing; allowed: from-hub, from-hub-2, tiny, wider, or a published model", null)]
    public async Task A_base_that_is_not_here_or_cannot_be_told_is_one_clear_error_and_nothing_is_stored(string named, string message, string? code)
    {
        var parts = await OpenAsync();
        await AddOthersAsync(parts);
        var before = await BlobsAsync(parts);

        var fault = await Assert.ThrowsAsync<InputError>(() => parts.AddAsync(new FolderFiles(Write("routing", named)), "routing"));

        Assert.Equal((Field + message, code), (fault.Message, fault.Code));
        Assert.Equal(before, await BlobsAsync(parts));
        Assert.Null(await parts.Catalog.FindAsync(new ModelId("routing"), Ct));
    }

    [Fact]
    public async Task An_adapter_that_does_not_fit_its_base_is_refused_before_anything_is_stored()
    {
        var parts = await OpenAsync();
        await AddOthersAsync(parts);
        var before = await BlobsAsync(parts);

        var fault = await Assert.ThrowsAsync<InputError>(() => parts.AddAsync(new FolderFiles(Write("routing", "wider")), "routing"));

        Assert.Contains("adapter tensor model.layers.0.mlp.down_proj.lora_A: found [2, 64]; allowed: [2, 65]", fault.Message, StringComparison.Ordinal);
        Assert.Equal(before, await BlobsAsync(parts));
    }

    [Fact]
    public async Task What_is_missing_or_not_supported_is_named()
    {
        var parts = await OpenAsync();
        var folder = Write("routing", "tiny");
        Edit(folder, config => (config["peft_type"], config["use_qalora"]) = ("LOKR", true));
        Assert.Equal(
            "adapter_config.json, peft_type: found \"LOKR\"; allowed: \"LORA\"\nadapter_config.json, use_qalora: found true; this option is not supported",
            (await Assert.ThrowsAsync<InputError>(() => parts.AddAsync(new FolderFiles(folder), "routing"))).Message);

        File.Move(Path.Combine(folder, "adapter_model.safetensors"), Path.Combine(folder, "adapter_model.bin"));
        Assert.Equal(
            "routing: adapter_model.bin is in a format that can run code when it is read; allowed: weights in .safetensors, without such files beside them\n" +
            "routing: found adapter_config.json and no adapter_model.safetensors; an adapter's folder holds both",
            (await Assert.ThrowsAsync<InputError>(() => parts.AddAsync(new FolderFiles(folder), "routing"))).Message);
    }

    [Fact]
    public async Task Another_content_or_base_under_the_same_name_is_refused_unless_it_is_to_replace_and_no_job_uses_the_adapter()
    {
        var parts = await OpenAsync();
        var first = (await parts.AddAsync(new FolderFiles(Write("a", "someone/tiny")), "routing")).Record;
        var other = new FolderFiles(Write("b", "someone/tiny", by: 0.5));
        Assert.Equal(
            "The model 'routing' exists already and has another content; take another name, or replace it",
            (await Assert.ThrowsAsync<InputError>(() => parts.AddAsync(other, "routing"))).Message);
        var job = new JobRecord
        {
            Id = JobId.New(TimeProvider.System), Model = first.Id, BaseModel = new ModelId("tiny"), TrainingFile = FileId.New(TimeProvider.System), Seed = 1,
            Method = new JobMethod(), CreatedAt = TimeProvider.System.GetUtcNow(), Status = JobStatus.Running,
        };
        await parts.Jobs.CreateAsync(job, Ct);
        Assert.Equal(
            $"The model 'routing' is in use by {job.Id}; wait for the end of these jobs, or cancel them",
            (await Assert.ThrowsAsync<InputError>(() => parts.AddAsync(other, "routing", replace: true))).Message);
        await parts.Jobs.UpdateAsync(job.Id, now => now with { Status = JobStatus.Cancelled }, Ct);
        var replaced = (await parts.AddAsync(other, "routing", replace: true)).Record;
        Assert.NotEqual(first.ContentHash, replaced.ContentHash);

        // From now on a model has the very name that the adapter gives its base.
        await parts.AddAsync(new FolderFiles(_scratch["tiny"]), "someone/tiny");
        Assert.Equal(
            "The model 'routing' exists already and has another base, 'tiny'; take another name, or replace it",
            (await Assert.ThrowsAsync<InputError>(() => parts.AddAsync(other, "routing"))).Message);
        Assert.True((await parts.AddAsync(other, "routing", replace: true)).IsNew);
        Assert.Equal(new ModelId("someone/tiny"), (await parts.Catalog.FindAsync(new ModelId("routing"), Ct))!.BaseModel);
    }

    [Fact]
    public async Task Names_of_whole_models_and_adapters_do_not_pass_from_one_to_the_other()
    {
        var parts = await OpenAsync();
        var adapter = new FolderFiles(Write("a", "tiny"));
        await parts.AddAsync(adapter, "routing");
        Assert.Equal(
            "The name 'tiny' belongs to a model that is no adapter; take another name",
            (await Assert.ThrowsAsync<InputError>(() => parts.AddAsync(adapter, "tiny", replace: true))).Message);
        Assert.Equal(
            "The name 'routing' belongs to a model that is no base; take another name",
            (await Assert.ThrowsAsync<InputError>(() => parts.AddAsync(new FolderFiles(_scratch["tiny"]), "routing", replace: true))).Message);
    }

    [Fact]
    public async Task A_published_model_is_not_removed_before_the_adapters_on_it()
    {
        var parts = await OpenAsync();
        var published = await PublishAsync(parts);
        var adapter = (await parts.AddAsync(new FolderFiles(Write("a", published.Value)), "routing")).Record;
        Assert.Equal(
            $"The model '{published}' is the base of routing; remove what answers on it first",
            (await Assert.ThrowsAsync<InputError>(() => parts.Remove.RunAsync(published, Ct))).Message);
        await parts.Remove.RunAsync(adapter.Id, Ct);
        await parts.Remove.RunAsync(published, Ct);
        Assert.All(await BlobsAsync(parts), name => Assert.StartsWith("base/", name, StringComparison.Ordinal));
    }

    /// <summary>An account with the base <c>tiny</c>, whose folder is there too.</summary>
    private async Task<AddingParts> OpenAsync()
    {
        var parts = AddingParts.On(await azurite.NewAccountAsync());
        await parts.AddAsync(new FolderFiles(TinyModel.Write(_scratch["tiny"])), "tiny");
        return parts;
    }

    /// <summary>Two bases that came from one place, one of another shape, and an adapter.</summary>
    private async Task AddOthersAsync(AddingParts parts)
    {
        foreach (var name in (string[])["from-hub", "from-hub-2"])
            await parts.Add.RunAsync(new FolderFiles(_scratch["tiny"]), new AddRequest(name, Hub), null, Ct);
        var wider = TinyModel.Write(_scratch["wider"]);
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(wider, "config.json")))!.AsObject();
        config["intermediate_size"] = 65;
        File.WriteAllText(Path.Combine(wider, "config.json"), config.ToJsonString());
        await parts.Store.SeedBaseAsync("wider", wider, Ct);
        await parts.AddAsync(new FolderFiles(Write("other", "tiny")), "other");
    }

    private async Task<ModelId> PublishAsync(AddingParts parts)
    {
        var id = new ModelId("ft:tiny:local::abcdefgh");
        var model = new ModelRecord { Id = id, Kind = ModelKind.Published, CreatedAt = TimeProvider.System.GetUtcNow(), OwnedBy = "local", BaseModel = new ModelId("tiny") };
        return (await parts.Store.PublishAsync(_scratch["tiny"], model, Ct)).Id;
    }

    private string Write(string name, string baseModel, double by = 0.25) => TinyAdapter.Write(_scratch[name], _scratch["tiny"], baseModel, by);

    private static void Edit(string folder, Action<JsonObject> change)
    {
        var path = Path.Combine(folder, "adapter_config.json");
        var json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        change(json);
        File.WriteAllText(path, json.ToJsonString());
    }

    private static async Task<List<string>> BlobsAsync(AddingParts parts)
    {
        var names = new List<string>();
        await foreach (var blob in parts.Account.Models.GetBlobsAsync(new GetBlobsOptions(), Ct))
            names.Add($"{blob.Name} {blob.Properties.ETag}");
        return names;
    }
}
