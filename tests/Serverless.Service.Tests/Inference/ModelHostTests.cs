using Microsoft.Extensions.Logging;
using Serverless.Learning;
using Serverless.Learning.Models;
using Serverless.Learning.Native;
using Serverless.Service.Inference;
using Serverless.Service.Models;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Service.Tests.Inference;

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

    public void Dispose() => _folder.Dispose();

    private async Task<(ModelStore Store, List<ModelRecord> Models)> SeedAsync(params string[] names)
    {
        var account = await _azurite.NewAccountAsync();
        var store = new ModelStore(account, new ModelCatalog(account), TimeProvider.System);
        var models = new List<ModelRecord>();
        foreach (var name in names)
            models.Add(await store.SeedBaseAsync(name, TinyModel.Write(Path.Combine(_folder.Path, name), seed: models.Count), default));
        return (store, models);
    }

    private ModelHost Host(ModelStore store, int maxModels, long maxBytes = long.MaxValue)
    {
        var settings = new ModelHostSettings { CacheFolder = Path.Combine(_folder.Path, "cache"), MaxModels = maxModels, MaxBytes = maxBytes };
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
