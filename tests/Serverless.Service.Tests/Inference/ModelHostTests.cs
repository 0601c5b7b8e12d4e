using Microsoft.Extensions.Logging;
using Serverless.Learning;
using Serverless.Learning.Adapters;
using Serverless.Learning.Formats;
using Serverless.Learning.Models;
using Serverless.Learning.Native;
using Serverless.Learning.Sampling;
using Serverless.Service.Inference;
using Serverless.Service.Models;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Service.Tests.Inference;

[Collection(TensorCount.Name)]
public sealed class ModelHostTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    private readonly AzuriteFixture _azurite;
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _log = [];

    public ModelHostTests(AzuriteFixture azurite)
    {
        _azurite = azurite;
        NativeRuntime.EnsureLoaded();
        NativeRuntime.SetThreads(1);
    }

    [Fact]
    public async Task A_model_that_stays_in_memory_is_loaded_once()
    {
        var (store, models) = await SeedAsync("a");
        await using var host = Host(store, maxModels: 2);

        var first = await LoadedAsync(host, models[0]);
        var second = await LoadedAsync(host, models[0]);

        Assert.Same(first, second);
    }

    [Fact]
    public async Task The_model_unused_for_longest_makes_room()
    {
        var (store, models) = await SeedAsync("a", "b", "c");
        await using var host = Host(store, maxModels: 2);

        var a = await LoadedAsync(host, models[0]);
        await LoadedAsync(host, models[1]);
        Assert.Same(a, await LoadedAsync(host, models[0]));
        await LoadedAsync(host, models[2]);

        Assert.Equal(["The model b leaves memory, to make room for c"], _log);
        Assert.Same(a, await LoadedAsync(host, models[0]));
    }

    [Fact]
    public async Task Bytes_bound_what_stays_too()
    {
        var (store, models) = await SeedAsync("a", "b");
        await using var host = Host(store, maxModels: 9, maxBytes: models[0].Bytes + models[1].Bytes - 1);

        await LoadedAsync(host, models[0]);
        await LoadedAsync(host, models[1]);

        Assert.Equal(["The model a leaves memory, to make room for b"], _log);
    }

    [Fact]
    public async Task A_model_in_use_is_not_taken_away()
    {
        var (store, models) = await SeedAsync("a", "b");
        await using var host = Host(store, maxModels: 1);
        using var gate = new SemaphoreSlim(0);
        using var begun = new SemaphoreSlim(0);
        GenerationPlan Blocked()
        {
            begun.Release();
            gate.Wait(Long);
            return new GenerationPlan([]);
        }

        var using_ = ReadAsync(host.StreamAsync(models[0], _ => Blocked(), default));
        await begun.WaitAsync(Long);
        var error = await Assert.ThrowsAsync<InputError>(() => LoadedAsync(host, models[1]));
        gate.Release();
        await using_.WaitAsync(Long);

        Assert.Equal("rate_limit_exceeded", error.Code);
        Assert.Equal("Rate limit reached: there is no room for 'b' while other models are in use. Please try again later.", error.Message);
        await LoadedAsync(host, models[1]);
    }

    [Fact]
    public async Task New_content_under_the_same_name_is_another_model()
    {
        var (store, models) = await SeedAsync("a");
        await using var host = Host(store, maxModels: 2);
        var old = await LoadedAsync(host, models[0]);

        var replaced = await store.SeedBaseAsync("a", TinyModel.Write(Path.Combine(_folder.Path, "new"), seed: 99), default);

        Assert.NotSame(old, await LoadedAsync(host, replaced));
    }

    [Fact]
    public async Task A_folder_that_is_no_model_is_refused_each_time_and_named()
    {
        var (store, _) = await SeedAsync("a");
        var folder = Directory.CreateDirectory(Path.Combine(_folder.Path, "broken")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "config.json"), "{}");
        var broken = await store.SeedBaseAsync("broken", folder, default);
        await using var host = Host(store, maxModels: 2);

        for (var attempt = 0; attempt < 2; attempt++)
            await Assert.ThrowsAsync<InputError>(() => LoadedAsync(host, broken));
    }

    [Fact]
    public async Task Two_adapters_and_their_base_answer_on_one_loaded_model()
    {
        var (store, models) = await SeedAsync("a");
        var first = await SeedAdapterAsync(store, models[0], "first", new AdapterOptions { Rank = 2 });
        var second = await SeedAdapterAsync(store, models[0], "second", new AdapterOptions { Rank = 4, WeightDecomposed = true, TargetModules = ["q_proj", "up_proj"] });
        await using var host = Host(store, maxModels: 1);

        var bare = await AnswerAsync(host, models[0]);
        var ofFirst = await AnswerAsync(host, first);
        var ofSecond = await AnswerAsync(host, second);

        Assert.Equal([bare, ofFirst, ofSecond, ofFirst, bare],
            [await AnswerAsync(host, models[0]), await AnswerAsync(host, first), await AnswerAsync(host, second), await AnswerAsync(host, first), await AnswerAsync(host, models[0])]);
        Assert.Equal(3, new[] { bare, ofFirst, ofSecond }.Distinct().Count());
        var weights = (await LoadedAsync(host, models[0])).Decoder.Weights;
        Assert.All(weights.Zip((await LoadedAsync(host, first)).Decoder.Weights), pair => Assert.Same(pair.First, pair.Second));
        Assert.All(weights.Zip((await LoadedAsync(host, second)).Decoder.Weights), pair => Assert.Same(pair.First, pair.Second));
        Assert.Empty(_log);
    }

    [Fact]
    public async Task A_model_reads_the_beginning_of_prompts_once_and_shares_it_with_none_of_its_adapters()
    {
        var (store, models) = await SeedAsync("a", "b");
        var adapter = await SeedAdapterAsync(store, models[0], "adapter", new AdapterOptions { Rank = 2 });
        await using var host = Host(store, maxModels: 1);
        int[] first = [.. Enumerable.Range(3, 40)], second = [.. first[..30], 200, 201];

        var answers = new List<(string Text, int Cached)>();
        foreach (var (model, prompt) in new[] { (models[0], first), (adapter, first), (models[0], second), (adapter, second), (models[0], first) })
            answers.Add(await DrawnAsync(host, model, prompt));

        Assert.Equal([0, 0, 30, 30, 39], answers.Select(answer => answer.Cached));
        Assert.Equal(answers[0].Text, answers[4].Text);
        Assert.NotEqual(answers[0].Text, answers[1].Text);
        // What left memory has read nothing when it comes back.
        await AnswerAsync(host, models[1]);
        Assert.Equal((answers[2].Text, 0), await DrawnAsync(host, models[0], second));
        Assert.Equal((answers[3].Text, 0), await DrawnAsync(host, adapter, second));
    }

    [Fact]
    public async Task A_base_and_its_adapters_that_are_asked_together_answer_as_alone()
    {
        var (store, models) = await SeedAsync("a");
        var first = await SeedAdapterAsync(store, models[0], "first", new AdapterOptions { Rank = 2 });
        var second = await SeedAdapterAsync(store, models[0], "second", new AdapterOptions { Rank = 4, WeightDecomposed = true });
        await using var host = Host(store, maxModels: 1);
        (ModelRecord Model, int[] Prompt)[] asked = [.. new[] { models[0], first, second, first, models[0], second }.Select((model, at) => (model, new[] { 10 + at, 20, 30 + at }))];
        var alone = new List<(string Text, int Cached)>();
        foreach (var (model, prompt) in asked)
            alone.Add(await DrawnAsync(host, model, prompt));

        var together = asked.Select(each => DrawnAsync(host, each.Model, each.Prompt)).ToArray();

        Assert.Equal(alone, await Task.WhenAll(together).WaitAsync(Long));
    }

    [Fact]
    public async Task An_adapter_whose_reader_leaves_can_make_room_at_once_while_its_base_answers_on()
    {
        var (store, models) = await SeedAsync("a");
        var adapters = new List<ModelRecord>();
        for (var rank = 1; rank <= 3; rank++)
            adapters.Add(await SeedAdapterAsync(store, models[0], $"of rank {rank}", new AdapterOptions { Rank = rank }));
        await using var host = Host(store, maxModels: 1, maxAdapters: 1);
        var expected = await DrawnAsync(host, models[0], [10, 20, 30], tokens: 100);

        var other = DrawnAsync(host, models[0], [10, 20, 30], tokens: 100);
        for (var round = 0; round < 9; round++)
        {
            await foreach (var _ in host.StreamAsync(adapters[round % 3], _ => new GenerationPlan([new GenerationRequest([5, 6, 7], SamplingOptions.Greedy(100))]), default))
                break;
        }

        Assert.Equal(expected, await other.WaitAsync(Long));
        Assert.Equal(8, _log.Count);
    }

    [Fact]
    public async Task An_adapter_unused_for_longest_makes_room_and_comes_back()
    {
        var (store, models) = await SeedAsync("a");
        var adapters = new List<ModelRecord>();
        for (var rank = 1; rank <= 3; rank++)
            adapters.Add(await SeedAdapterAsync(store, models[0], $"of rank {rank}", new AdapterOptions { Rank = rank }));
        await using var host = Host(store, maxModels: 1, maxAdapters: 2);

        await AnswerAsync(host, models[0]);
        var first = await AnswerAsync(host, adapters[0]);
        await AnswerAsync(host, adapters[1]);
        var before = TorchSharp.torch.Tensor.TotalCount;
        await AnswerAsync(host, adapters[2]); // as many tensors as the first had, which goes
        Assert.InRange(TorchSharp.torch.Tensor.TotalCount, 0, before);
        Assert.Equal(["The model of rank 1 leaves memory, to make room for of rank 3"], _log);
        Assert.Equal(first, await AnswerAsync(host, adapters[0]));
    }

    [Fact]
    public async Task A_base_that_makes_room_takes_its_adapters_along()
    {
        var (store, models) = await SeedAsync("a", "b");
        var adapter = await SeedAdapterAsync(store, models[0], "of a", new AdapterOptions { Rank = 2 });
        await using var host = Host(store, maxModels: 1);

        var before = await AnswerAsync(host, adapter);
        await AnswerAsync(host, models[1]);
        Assert.Equal(["The model of a leaves memory, to make room for b", "The model a leaves memory, to make room for b"], _log);
        Assert.Equal(before, await AnswerAsync(host, adapter));
    }

    [Fact]
    public async Task A_base_stays_while_one_of_its_adapters_answers()
    {
        var (store, models) = await SeedAsync("a", "b");
        var adapter = await SeedAdapterAsync(store, models[0], "of a", new AdapterOptions { Rank = 2 });
        await using var host = Host(store, maxModels: 1);
        using var gate = new SemaphoreSlim(0);
        using var begun = new SemaphoreSlim(0);

        var answering = ReadAsync(host.StreamAsync(adapter, _ =>
        {
            begun.Release();
            gate.Wait(Long);
            return new GenerationPlan([]);
        }, default));
        await begun.WaitAsync(Long);
        var error = await Assert.ThrowsAsync<InputError>(() => LoadedAsync(host, models[1]));
        gate.Release();
        await answering.WaitAsync(Long);

        Assert.Equal("Rate limit reached: there is no room for 'b' while other models are in use. Please try again later.", error.Message);
    }

    [Fact]
    public async Task A_request_for_which_there_is_no_room_takes_nothing_out_of_memory()
    {
        var (store, models) = await SeedAsync("a", "b", "c");
        var used = await SeedAdapterAsync(store, models[0], "of a", new AdapterOptions { Rank = 2 });
        var refused = await SeedAdapterAsync(store, models[2], "of c", new AdapterOptions { Rank = 2 });
        await using var host = Host(store, maxModels: 2, maxAdapters: 1);
        using var gate = new SemaphoreSlim(0);
        using var begun = new SemaphoreSlim(0);
        var idle = await LoadedAsync(host, models[1]);

        var answering = ReadAsync(host.StreamAsync(used, _ =>
        {
            begun.Release();
            gate.Wait(Long);
            return new GenerationPlan([]);
        }, default));
        await begun.WaitAsync(Long);
        // Its base would get the room of b, and it itself gets none.
        var error = await Assert.ThrowsAsync<InputError>(() => LoadedAsync(host, refused));
        gate.Release();
        await answering.WaitAsync(Long);

        Assert.Equal("Rate limit reached: there is no room for 'of c' while other models are in use. Please try again later.", error.Message);
        Assert.Same(idle, await LoadedAsync(host, models[1]));
        Assert.Empty(_log);
    }

    [Fact]
    public async Task An_adapter_of_another_shape_is_refused_with_every_tensor_and_its_base_answers_on()
    {
        var (store, models) = await SeedAsync("a");
        var adapter = await SeedAdapterAsync(store, models[0], "other", new AdapterOptions { Rank = 2, TargetModules = ["q_proj"] }, widen: true);
        await using var host = Host(store, maxModels: 1);
        var bare = await AnswerAsync(host, models[0]);

        var error = await Assert.ThrowsAsync<InputError>(() => AnswerAsync(host, adapter));

        Assert.Equal(
            """
            adapter tensor model.layers.0.self_attn.q_proj.lora_A: found [2, 64]; allowed: [2, 32]
            adapter tensor model.layers.1.self_attn.q_proj.lora_A: found [2, 64]; allowed: [2, 32]
            """,
            error.Message);
        Assert.Equal(bare, await AnswerAsync(host, models[0]));
    }

    [Fact]
    public async Task An_adapter_whose_base_is_gone_says_so()
    {
        var (store, models) = await SeedAsync("a");
        var adapter = await SeedAdapterAsync(store, models[0], "left", new AdapterOptions { Rank = 2 });
        await store.DeleteAsync(models[0].Id, default);
        await using var host = Host(store, maxModels: 1);

        var error = await Assert.ThrowsAsync<InputError>(() => AnswerAsync(host, adapter));

        Assert.Equal(("model_not_found", "The model 'left' is an adapter of 'a', which does not exist"), (error.Code, error.Message));
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>An adapter of some values other than none, stored and registered.</summary>
    private async Task<ModelRecord> SeedAdapterAsync(ModelStore store, ModelRecord model, string name, AdapterOptions options, bool widen = false)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder.Path, "adapters", name)).FullName;
        using (var scope = TorchSharp.torch.NewDisposeScope())
        using (var loaded = LanguageModel.Load(Path.Combine(_folder.Path, model.Id.Value)))
        using (var adapter = LoraAdapter.Wrap(loaded.Decoder, options, seed: 1))
        {
            foreach (var pair in adapter.Pairs)
                pair.B.Value.fill_(0.1);
            var tensors = adapter.Tensors().ToDictionary(
                entry => entry.Key, entry => widen && entry.Key.EndsWith("lora_A", StringComparison.Ordinal) ? TorchSharp.torch.cat([entry.Value, entry.Value], 1) : entry.Value);
            PeftAdapter.Save(folder, options, model.Id.Value, tensors);
        }

        return await store.SeedAdapterAsync(name, folder, model.Id, default);
    }

    /// <summary>The sum of the logits of a fixed text.</summary>
    private static async Task<float> AnswerAsync(ModelHost host, ModelRecord model)
    {
        var sum = float.NaN;
        await ReadAsync(host.StreamAsync(model, loaded =>
        {
            sum = LogitSum(loaded);
            return new GenerationPlan([]);
        }, default));
        return sum;
    }

    private static float LogitSum(LanguageModel model)
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        using var noGradient = TorchSharp.torch.no_grad();
        using var layout = SequenceLayout.Causal(model.Decoder.Rotary, 1, 4);
        return model.Decoder.Logits(model.Decoder.Hidden([5, 17, 99, 140], layout)).sum().item<float>();
    }

    private async Task<(ModelStore Store, List<ModelRecord> Models)> SeedAsync(params string[] names)
    {
        var account = await _azurite.NewAccountAsync();
        var store = new ModelStore(account, new ModelCatalog(account), TimeProvider.System);
        var models = new List<ModelRecord>();
        foreach (var name in names)
            models.Add(await store.SeedBaseAsync(name, TinyModel.Write(Path.Combine(_folder.Path, name), seed: models.Count), default));
        return (store, models);
    }

    private ModelHost Host(ModelStore store, int maxModels, long maxBytes = long.MaxValue, int maxAdapters = 16)
    {
        var settings = new ModelHostSettings
        {
            CacheFolder = Path.Combine(_folder.Path, "cache"), MaxModels = maxModels, MaxBytes = maxBytes, MaxAdapters = maxAdapters,
        };
        return new ModelHost(store, settings, TimeProvider.System, new ListLogger(_log));
    }

    private static async Task<LanguageModel> LoadedAsync(ModelHost host, ModelRecord model)
    {
        LanguageModel? seen = null;
        await ReadAsync(host.StreamAsync(model, loaded =>
        {
            seen = loaded;
            return new GenerationPlan([]);
        }, default));
        return seen!;
    }

    private static async Task<(string Text, int Cached)> DrawnAsync(ModelHost host, ModelRecord model, int[] prompt, int tokens = 20)
    {
        var (text, cached) = ("", -1);
        await foreach (var piece in host.StreamAsync(model, _ => new GenerationPlan([new GenerationRequest(prompt, new SamplingOptions { MaxTokens = tokens })]), default))
            (text, cached) = (text + piece.Token.Text, piece.CachedTokens);
        return (text, cached);
    }

    private static async Task ReadAsync(IAsyncEnumerable<GenerationPiece> pieces)
    {
        await foreach (var _ in pieces)
        {
        }
    }

    private sealed class ListLogger(List<string> lines) : ILogger<ModelHost>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Add(formatter(state, exception));
    }
}
