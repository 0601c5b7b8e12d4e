using System.Net;
using Serverless.Learning;
using Serverless.Service.Models.Adding;
using Serverless.Service.Models.Hub;
using Serverless.Service.Network;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Service.Tests.Models.Hub;

public sealed class HubDownloadTests : IAsyncLifetime
{
    private const string Id = "org/tiny-1.5", Weights = "model.safetensors";

    private readonly TemporaryFolder _scratch = new();
    private LoopbackHub _hub = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Target => _scratch["fetched"];

    private byte[] Content => File.ReadAllBytes(_scratch[$"tiny-1.5/{Weights}"]);

    public async ValueTask InitializeAsync()
    {
        _hub = await LoopbackHub.StartAsync();
        _hub.Put(Id, TinyModel.Write(_scratch["tiny-1.5"]));
    }

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        _scratch.Dispose();
    }

    [Fact]
    public async Task Only_the_models_own_files_are_fetched_all_from_the_commit_that_the_hub_names()
    {
        foreach (var other in (string[])["pytorch_model.bin", "consolidated.safetensors", ".gitattributes", "modeling.py", "onnx/config.json", "picture.png", "README.md", "tokenizer.model", "USE_POLICY.md"])
            _hub.Put(Id, other, [1]);
        foreach (var needed in (string[])["LICENSE", "merges.txt"])
            _hub.Put(Id, needed, "MIT"u8.ToArray());
        _hub.Put(Id, "chat_template.jinja", "{{ messages[0].content }}"u8.ToArray());
        var steps = new List<AddProgress>();

        await FetchAsync(progress: steps.Add);

        Assert.Equal(
            ["LICENSE", "chat_template.jinja", "config.json", "generation_config.json", "merges.txt", Weights, "tokenizer.json", "tokenizer_config.json"],
            Directory.GetFiles(Target).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        foreach (var path in Directory.GetFiles(_scratch["tiny-1.5"]))
            Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(Path.Combine(Target, Path.GetFileName(path))));
        Assert.Equal($"/api/models/{Id}/revision/main?blobs=true", _hub.Requests.First().Path);
        Assert.All(_hub.Requests.Skip(1), request => Assert.True(
            request.Path.StartsWith($"/{Id}/resolve/{LoopbackHub.Commit}/", StringComparison.Ordinal) || request.Path == $"/store/{Id}/{Weights}", request.Path));
        Assert.EndsWith(Weights, _hub.Requests.Last().Path, StringComparison.Ordinal);
        Assert.Equal(new AddProgress("fetching weights", Content.Length, Content.Length), steps[^1]);
    }

    [Fact]
    public async Task The_token_goes_to_the_hub_and_not_where_it_redirects_to()
    {
        await FetchAsync(token: "hf_secret");
        var stored = Assert.Single(_hub.Requests, request => request.Path.StartsWith("/store/", StringComparison.Ordinal));
        Assert.Null(stored.Authorization);
        Assert.All(_hub.Requests.Where(request => request != stored), request => Assert.Equal("Bearer hf_secret", request.Authorization));
    }

    [Fact]
    public async Task A_transfer_that_breaks_off_goes_on_where_it_was()
    {
        var breaks = new Queue<int?>([1000, 500, null]);
        _hub.BreakAfter = (key, _) => key.EndsWith(Weights, StringComparison.Ordinal) ? breaks.Dequeue() : null;

        await FetchAsync();

        Assert.Equal(Content, await File.ReadAllBytesAsync(Path.Combine(Target, Weights), Ct));
        Assert.Equal([null, "bytes=1000-", "bytes=1500-"], _hub.Requests.Where(request => request.Path.StartsWith("/store/", StringComparison.Ordinal)).Select(request => request.Range));
    }

    [Fact]
    public async Task What_an_interrupted_run_left_is_kept_for_the_next_one()
    {
        var first = true;
        _hub.BreakAfter = (key, _) =>
        {
            if (!key.EndsWith(Weights, StringComparison.Ordinal)) return null;
            var count = first ? 1000 : 0;
            first = false;
            return count;
        };
        var fault = await Assert.ThrowsAsync<InputError>(() => FetchAsync());
        Assert.Matches(
            $@"^org/tiny-1.5, model.safetensors: the transfer broke off at 1000 of {Content.Length} bytes \(.+\); the same command goes on from there$", fault.Message);
        Assert.Equal(1 + 3, _hub.Requests.Count(request => request.Path.StartsWith("/store/", StringComparison.Ordinal)));

        _hub.BreakAfter = (_, _) => null;
        _hub.Requests.Clear();
        await FetchAsync();

        Assert.Equal(Content, await File.ReadAllBytesAsync(Path.Combine(Target, Weights), Ct));
        Assert.Equal(["bytes=1000-"], _hub.Requests.Where(request => request.Path.StartsWith("/store/", StringComparison.Ordinal)).Select(request => request.Range));
        // The texts were whole.
        Assert.Equal(3, _hub.Requests.Count);
    }

    [Fact]
    public async Task A_server_that_knows_no_ranges_sends_all_of_it_again()
    {
        var breaks = new Queue<int?>([1000, null]);
        _hub.BreakAfter = (key, _) => key.EndsWith(Weights, StringComparison.Ordinal) ? breaks.Dequeue() : null;
        _hub.IgnoresRanges = true;
        await FetchAsync();
        Assert.Equal(Content, await File.ReadAllBytesAsync(Path.Combine(Target, Weights), Ct));
    }

    [Theory]
    [InlineData(Weights, "SHA-256")]
    [InlineData("generation_config.json", "git SHA-1")]
    public async Task Bytes_that_are_not_those_of_the_hash_are_thrown_away(string name, string kind)
    {
        var forged = File.ReadAllBytes(_scratch[$"tiny-1.5/{name}"]);
        forged[^2] ^= 1;
        _hub.Forged[$"{Id}/{name}"] = forged;
        var fault = await Assert.ThrowsAsync<InputError>(() => FetchAsync());
        Assert.Matches($"^org/tiny-1.5, {name}: its {kind} is [0-9a-f]+, and the hub states [0-9a-f]+; it was thrown away, and the same command fetches it again$", fault.Message);
        Assert.False(File.Exists(Path.Combine(Target, name)));
        Assert.False(File.Exists(Path.Combine(Target, name + ".partial")));

        _hub.Forged.Clear();
        await FetchAsync();
        Assert.True(File.Exists(Path.Combine(Target, name)));
    }

    [Fact]
    public async Task More_bytes_than_stated_are_not_taken()
    {
        _hub.Forged[$"{Id}/{Weights}"] = new byte[Content.Length + 200_000];
        Assert.Equal(
            $"org/tiny-1.5, model.safetensors: the hub sent more than the {Content.Length} bytes that it states; it was thrown away, and the same command fetches it again",
            (await Assert.ThrowsAsync<InputError>(() => FetchAsync())).Message);
    }

    [Fact]
    public async Task A_disk_without_room_is_named_before_the_first_byte()
    {
        var fault = await Assert.ThrowsAsync<InputError>(() => FetchAsync(freeBytes: _ => 10));
        Assert.Matches($@"^org/tiny-1.5: \d+ bytes are still to be fetched, and the disk of {Target} has 10 left$", fault.Message);
        Assert.Single(_hub.Requests);
    }

    [Fact]
    public async Task A_model_that_is_not_supported_is_refused_before_its_weights_are_fetched()
    {
        _hub.Put(Id, "config.json", """{"model_type": "mamba"}"""u8.ToArray());
        var fault = await Assert.ThrowsAsync<InputError>(() => FetchAsync());
        Assert.StartsWith("config.json, model_type: found mamba; allowed: llama, ", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_hub.Requests, request => request.Path.Contains(Weights, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Of_an_adapters_repository_the_adapter_is_fetched_and_its_configuration_checked_before_its_weights()
    {
        _hub.Put("org/routing", TinyAdapter.Write(_scratch["routing"], _scratch["tiny-1.5"], Id));
        foreach (var other in (string[])["config.json", "tokenizer.json", "training_args.bin", "checkpoint-5/adapter_config.json"])
            _hub.Put("org/routing", other, [1]);
        await FetchAsync("org/routing");
        Assert.Equal(TemporaryFolder.Contents(_scratch["routing"]), TemporaryFolder.Contents(Target));

        Directory.Delete(Target, recursive: true);
        _hub.Requests.Clear();
        _hub.Put("org/routing", "adapter_config.json", """{"peft_type": "LOKR"}"""u8.ToArray());
        Assert.StartsWith("adapter_config.json, peft_type: found \"LOKR\"", (await Assert.ThrowsAsync<InputError>(() => FetchAsync("org/routing"))).Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_hub.Requests, request => request.Path.Contains(".safetensors", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_model_without_safetensors_is_refused_with_what_it_has()
    {
        _hub.Put("org/old", "pytorch_model.bin", [1]);
        _hub.Put("org/old", "config.json", "{}"u8.ToArray());
        Assert.Equal("org/old: found pytorch_model.bin; allowed: weights in .safetensors", (await Assert.ThrowsAsync<InputError>(() => FetchAsync("org/old"))).Message);
    }

    [Theory]
    [InlineData(401, "RepoNotFound", null, "org/tiny-1.5: the hub has no such model, or a private one; HF_TOKEN takes a token")]
    [InlineData(404, null, "t", "org/tiny-1.5: the hub has no such model that the token in HF_TOKEN opens")]
    [InlineData(401, "GatedRepo", null, "org/tiny-1.5: the hub lets only those read it who have accepted its terms; accept them at ENDPOINT/org/tiny-1.5, and give a token that may read it in HF_TOKEN")]
    [InlineData(403, null, "t", "org/tiny-1.5: the hub lets only those read it who have accepted its terms; accept them at ENDPOINT/org/tiny-1.5, and give a token that may read it in HF_TOKEN")]
    [InlineData(503, null, null, "ENDPOINT/: the hub cannot be reached (the hub answered 503)")]
    public async Task Refusals_of_the_hub_are_told_with_what_to_do(int status, string? code, string? token, string message)
    {
        _hub.Refusals[Id] = (status, code);
        Assert.Equal(message.Replace("ENDPOINT", _hub.Endpoint, StringComparison.Ordinal), (await Assert.ThrowsAsync<InputError>(() => FetchAsync(token: token))).Message);
    }

    [Fact]
    public async Task A_revision_that_is_not_there_and_a_hub_that_is_away_are_named()
    {
        Assert.Equal("org/tiny-1.5: the hub has no revision 'v9' of it", (await Assert.ThrowsAsync<InputError>(() => FetchAsync(revision: "v9"))).Message);
        var away = $"http://127.0.0.1:{AzuriteFixture.FreePort()}";
        using var client = new HubClient(new HubSettings(new Uri(away)), Open());
        Assert.StartsWith($"{away}/: the hub cannot be reached (", (await Assert.ThrowsAsync<InputError>(() => client.DescribeAsync(Id, "main", Ct))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_variables_of_Hugging_Faces_tools_say_where_and_as_whom()
    {
        Assert.Equal(new HubSettings(new Uri("https://huggingface.co")), HubSettings.Read(_ => null));
        Assert.Equal(new HubSettings(new Uri("http://mirror:81"), "abc"), HubSettings.Read(name => name == "HF_TOKEN" ? "abc\n" : "http://mirror:81/"));
        Assert.Equal(
            "HF_ENDPOINT: found 'mirror'; allowed: an address such as https://huggingface.co",
            Assert.Throws<InputError>(() => HubSettings.Read(name => name == "HF_ENDPOINT" ? "mirror" : null)).Message);
        Assert.True(HubName.Is("Qwen/Qwen2.5-0.5B-Instruct"));
        Assert.All((string[])["gpt2", "a/b/c", "../x", "a/..", "a/b.", "-a/b", "a b/c"], name => Assert.False(HubName.Is(name)));
    }

    [Fact]
    public async Task A_hub_within_the_network_is_called_only_where_the_settings_allow_it_and_so_is_what_it_redirects_to()
    {
        const string Remedy = "a loopback address; allowed: public addresses, and those that the setting AllowedNetworks names";
        var hub = await Assert.ThrowsAsync<InputError>(() => FetchAsync(outbound: new OutboundPolicy(AllowedNetworks.None)));
        Assert.Equal($"{Id}: cannot be fetched: found 127.0.0.1, {Remedy}", hub.Message);
        Assert.Empty(_hub.Requests);

        var redirect = await Assert.ThrowsAsync<InputError>(() => FetchAsync(outbound: new OutboundPolicy(AllowedNetworks.Parse(["127.0.0.1"]), (_, _) => Task.FromResult(new[] { IPAddress.IPv6Loopback }))));
        Assert.Equal($"{Id}: cannot be fetched: localhost is at ::1, {Remedy}", redirect.Message);
        Assert.DoesNotContain(_hub.Requests, request => request.Path.StartsWith("/store/", StringComparison.Ordinal));
    }

    private static OutboundPolicy Open() => new(AllowedNetworks.Parse(["127.0.0.1", "localhost"]));

    private async Task FetchAsync(
        string id = Id, string? token = null, string revision = "main", Func<string, long>? freeBytes = null, Action<AddProgress>? progress = null,
        OutboundPolicy? outbound = null)
    {
        var settings = new HubSettings(new Uri(_hub.Endpoint), token) { Pause = TimeSpan.Zero, MaxTries = 3 };
        using var client = new HubClient(settings, outbound ?? Open());
        var model = await client.DescribeAsync(id, revision, Ct);
        await new HubDownload(client, settings, TimeProvider.System, freeBytes).RunAsync(model, Target, progress, Ct);
    }
}
