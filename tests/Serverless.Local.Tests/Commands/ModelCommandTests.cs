using System.IO.Compression;
using Azure.Storage.Blobs;
using Serverless.Learning.Adapters;
using Serverless.Learning.Formats;
using Serverless.Learning.Formats.Gguf;
using Serverless.Learning.Models;
using Serverless.Local.Commands;
using Serverless.Service.Models;
using Serverless.Service.Storage;
using Serverless.Tests;
using Serverless.Tests.Shared;
using Spectre.Console;

namespace Serverless.Local.Tests.Commands;

public sealed class ModelCommandTests(AzuriteFixture azurite) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("serverless-models-").FullName;
    private readonly Dictionary<string, string> _variables = [];
    private readonly StringWriter _output = new();
    private readonly StringWriter _errors = new();

    public void Dispose()
    {
        _output.Dispose();
        _errors.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_folder_is_added_listed_and_removed()
    {
        var folder = TinyModel.Write(Path.Combine(_folder, "from-folder"));

        Assert.Equal(0, await RunAsync("models", "add", folder));
        Assert.Matches(@"  hashing: .* of .*\r?\n(.*\n)*  storing: (.*\n)*Added from-folder: 5 files, [\d.]+ kB, content [0-9a-f]{16}\. Jobs and chats can use it now\.", Taken());
        Assert.Equal(0, await RunAsync("models", "add", folder));
        Assert.Matches(@"from-folder is there already with this content \([0-9a-f]{16}\); nothing has changed\.", Taken());
        Assert.Equal(0, await RunAsync("models", "list"));
        Assert.Matches($@"from-folder +base +[\d.]+ kB  [0-9a-f]{{16}}  {System.Text.RegularExpressions.Regex.Escape(folder)}", Taken());
        Assert.Equal(0, await RunAsync("models", "remove", "from-folder"));
        Assert.Contains("Removed from-folder.", Taken(), StringComparison.Ordinal);
        Assert.Equal(2, await RunAsync("models", "remove", "from-folder"));
        Assert.Equal("error: The model 'from-folder' does not exist" + Environment.NewLine, _errors.ToString());
    }

    [Fact]
    public async Task An_archive_is_added_under_a_name_and_replaced_only_when_asked_to()
    {
        Assert.Equal(0, await RunAsync("models", "add", Zip("one", seed: 1), "--name", "org/from-zip"));
        Assert.Equal(2, await RunAsync("models", "add", Zip("two", seed: 2), "--name", "org/from-zip"));
        Assert.Equal("error: The model 'org/from-zip' exists already and has another content; take another name, or replace it" + Environment.NewLine, _errors.ToString());
        Taken();
        Assert.Equal(0, await RunAsync("models", "add", "--replace", Path.Combine(_folder, "two.zip"), "--name", "org/from-zip"));
        Assert.Contains("Added org/from-zip: ", Taken(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_adapter_is_added_once_its_base_is_there_and_listed_with_it()
    {
        var whole = TinyModel.Write(Path.Combine(_folder, "under-it"));
        var adapter = TinyAdapter.Write(Path.Combine(_folder, "routing"), whole, "someone/under-it");
        ZipFile.CreateFromDirectory(adapter, adapter + ".zip");
        Assert.Equal(2, await RunAsync("models", "add", adapter));
        Assert.StartsWith(
            "error: adapter_config.json, base_model_name_or_path: found someone/under-it, which is not here, so add that model first; ", _errors.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, await RunAsync("models", "add", whole));
        Taken();

        Assert.Equal(0, await RunAsync("models", "add", adapter));
        Assert.Matches(@"Added routing, an adapter of under-it: 2 files, [\d.]+ kB, content [0-9a-f]{16}\. Jobs and chats can use it now\.", Taken());
        Assert.Equal(0, await RunAsync("models", "add", adapter + ".zip"));
        Assert.Matches(@"routing is there already with this content \([0-9a-f]{16}\); nothing has changed\.", Taken());
        Assert.Equal(0, await RunAsync("models", "list"));
        Assert.Matches($@"routing +adapter +[\d.]+ kB  [0-9a-f]{{16}}  on under-it, {System.Text.RegularExpressions.Regex.Escape(adapter)}", Taken());
        Assert.Equal(0, await RunAsync("models", "remove", "routing"));
        Assert.Equal(0, await RunAsync("models", "remove", "under-it"));
    }

    [Fact]
    public async Task A_model_is_run_in_the_context_that_it_was_added_with_and_so_is_what_is_made_of_it()
    {
        var folder = TinyModel.Write(Path.Combine(_folder, "long"));
        Assert.Equal(2, await RunAsync("models", "add", folder, "--context", "100000"));
        Assert.Matches("error: config.json, max_position_embeddings: found ([0-9]+); allowed: at least the context asked for \\(100000\\)", _errors.ToString());
        Assert.Equal(0, await RunAsync("models", "add", Zip("long-zip", seed: 1), "--context", "48", "--name", "long"));
        Taken();
        Assert.Equal(0, await RunAsync("models", "list"));
        Assert.Contains("long-zip.zip, context 48", Taken(), StringComparison.Ordinal);

        var account = new BlobAccount(new BlobServiceClient(azurite.ConnectionString, BlobAccountFactory.Options()));
        var catalog = new ModelCatalog(account);
        using var store = new ModelStore(account, catalog, TimeProvider.System);
        var record = (await catalog.FindAsync(new ModelId("long"), TestContext.Current.CancellationToken))!;
        using var model = LanguageModel.Load(await store.DownloadAsync(record, Path.Combine(_folder, "cache"), TestContext.Current.CancellationToken));
        Assert.Equal(48, model.MaxLength);
        using var outside = TorchSharp.torch.no_grad();
        ModelFolder.WriteMerged(
            model.Folder, Path.Combine(_folder, "merged"), model.Decoder.Weights.ToDictionary(weight => weight.Name, weight => weight.Value), TorchSharp.torch.ScalarType.Float32);
        Assert.Equal(48, DecoderConfig.Load(Path.Combine(_folder, "merged")).MaxLength);
    }

    [Fact]
    public async Task What_is_neither_a_folder_nor_a_file_is_named()
    {
        var path = Path.Combine(_folder, "nothing");
        Assert.Equal(2, await RunAsync("models", "add", path));
        Assert.Equal($"error: models add: found neither a folder nor a file {path}, and the hub's models have names such as Qwen/Qwen2.5-0.5B-Instruct" + Environment.NewLine, _errors.ToString());
    }

    [Fact]
    public async Task A_model_of_the_hub_is_fetched_at_the_commit_that_the_hub_names_and_neither_again_nor_onto_another_ones_name()
    {
        await using var hub = await LoopbackHub.StartAsync();
        hub.Put("org/from-hub", TinyModel.Write(Path.Combine(_folder, "repository")));
        (_variables["HF_ENDPOINT"], _variables["HF_TOKEN"]) = (hub.Endpoint, "hf_secret");
        const string Refusal = "found 127.0.0.1, a loopback address; allowed: public addresses, and those that the setting AllowedNetworks names";
        Assert.Equal(2, await RunAsync("models", "add", "org/from-hub"));
        Assert.Equal($"error: org/from-hub: cannot be fetched: {Refusal}" + Environment.NewLine, _errors.ToString());
        _errors.GetStringBuilder().Clear();
        // Settings come from the process's own variables; no other test minds this one.
        Environment.SetEnvironmentVariable("SERVERLESS_ALLOWED_NETWORKS", "127.0.0.1,localhost");

        Assert.Equal(0, await RunAsync("models", "add", "org/from-hub"));
        var said = Taken();
        Assert.Matches($@"Fetching org/from-hub at {LoopbackHub.Commit}\r?\n(.*\n)*  fetching texts: (.*\n)*  fetching weights: (.*\n)*Added from-hub: 5 files, ", said);
        Assert.False(Directory.Exists(Path.Combine(_folder, "data", "work", "hub", LoopbackHub.Commit, "org", "from-hub")));
        var requests = hub.Requests.Count;
        Assert.Equal(0, await RunAsync("models", "add", "org/from-hub"));
        Assert.Contains($"from-hub is there already, from org/from-hub at {LoopbackHub.Commit}; nothing has changed.", Taken(), StringComparison.Ordinal);
        Assert.Equal(requests + 1, hub.Requests.Count);
        Assert.Equal(2, await RunAsync("models", "add", "org/missing"));
        Assert.Equal("error: org/missing: the hub has no such model that the token in HF_TOKEN opens" + Environment.NewLine, _errors.ToString());

        _errors.GetStringBuilder().Clear();
        hub.Put("other/from-hub", TinyModel.Write(Path.Combine(_folder, "other"), seed: 2));
        hub.Requests.Clear();
        Assert.Equal(2, await RunAsync("models", "add", "other/from-hub"));
        Assert.Equal(
            $"error: The model 'from-hub' exists already, from org/from-hub at {LoopbackHub.Commit}; take another name, or replace it" + Environment.NewLine, _errors.ToString());
        // It was asked what it has, and for nothing of that.
        Assert.StartsWith("/api/models/other/from-hub/", Assert.Single(hub.Requests).Path, StringComparison.Ordinal);
        Taken();
        Assert.Equal(0, await RunAsync("models", "add", "other/from-hub", "--replace"));
        Assert.Contains("Added from-hub: ", Taken(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, GgufType.F16)]
    [InlineData("q8_0", GgufType.Q8_0)]
    public async Task A_model_is_written_as_one_file_for_llama_cpp(string? type, GgufType expected)
    {
        var folder = TinyModel.Write(Path.Combine(_folder, "tiny"));
        Assert.Equal(0, await RunAsync("models", "add", folder));
        Taken();
        var path = Path.Combine(_folder, "out", "tiny.gguf");

        Assert.Equal(0, await RunAsync(["models", "gguf", "tiny", "--to", path, .. type is null ? (string[])[] : ["--type", type]]));

        Assert.Matches($@"Wrote tiny to {System.Text.RegularExpressions.Regex.Escape(path)}: [\d.]+ kB, read back and compared\.", Taken());
        var same = Path.Combine(_folder, "same.gguf");
        GgufExport.Write(folder, same, expected, "tiny");
        Assert.Equal(await File.ReadAllBytesAsync(same, TestContext.Current.CancellationToken), await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_adapter_is_written_merged_into_its_base()
    {
        var folder = TinyModel.Write(Path.Combine(_folder, "whole"));
        Assert.Equal(0, await RunAsync("models", "add", folder));
        var adapter = Path.Combine(_folder, "adapter");
        var options = new AdapterOptions { Rank = 2 };
        using (var model = LanguageModel.Load(folder))
        using (var wrapped = LoraAdapter.Wrap(model.Decoder, options, seed: 1))
            PeftAdapter.Save(adapter, options, "whole", wrapped.Tensors());
        var account = new BlobAccount(new BlobServiceClient(azurite.ConnectionString, BlobAccountFactory.Options()));
        using (var store = new ModelStore(account, new ModelCatalog(account), TimeProvider.System))
            await store.SeedAdapterAsync("small", adapter, new ModelId("whole"), TestContext.Current.CancellationToken);

        Assert.Equal(0, await RunAsync("models", "gguf", "small", "--to", Path.Combine(_folder, "small.gguf"), "--type", "f32"));

        // A new adapter changes nothing yet.
        GgufExport.Write(folder, Path.Combine(_folder, "whole.gguf"), GgufType.F32, "small");
        Assert.Equal(
            await File.ReadAllBytesAsync(Path.Combine(_folder, "whole.gguf"), TestContext.Current.CancellationToken),
            await File.ReadAllBytesAsync(Path.Combine(_folder, "small.gguf"), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("models gguf: a model's name is missing; `serverless models gguf --help` says how to give it")]
    [InlineData("models gguf: --to is missing; `serverless models gguf --help` lists the options", "nothing")]
    [InlineData("models gguf: --type: found \"q5\"; allowed: f32, f16, bf16, q8_0, q4_0", "nothing", "--to", "x.gguf", "--type", "q5")]
    [InlineData("The model 'nothing' does not exist", "nothing", "--to", "x.gguf")]
    public async Task What_cannot_be_written_is_said(string message, params string[] words)
    {
        Assert.Equal(2, await RunAsync(["models", "gguf", .. words]));
        Assert.Equal($"error: {message}" + Environment.NewLine, _errors.ToString());
    }

    private string Zip(string name, long seed)
    {
        var path = Path.Combine(_folder, name + ".zip");
        ZipFile.CreateFromDirectory(TinyModel.Write(Path.Combine(_folder, name), seed), path);
        return path;
    }

    private async Task<int> RunAsync(params string[] words)
    {
        await azurite.StartAsync();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(_output), Interactive = InteractionSupport.No, Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors,
        });
        console.Profile.Width = 400;
        ICommand[] commands = [new ModelsAddCommand(console, _variables.GetValueOrDefault), new ModelsListCommand(_output), new ModelsRemoveCommand(_output), new ModelsGgufCommand(_output)];
        return await new CommandLine([.. commands], _output, _errors).RunAsync(
            [.. words, "--storage", azurite.ConnectionString, "--data", Path.Combine(_folder, "data")], TestContext.Current.CancellationToken);
    }

    private string Taken()
    {
        var text = _output.ToString();
        _output.GetStringBuilder().Clear();
        return text;
    }
}
