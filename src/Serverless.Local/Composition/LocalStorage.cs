using Microsoft.Extensions.DependencyInjection;
using Serverless.Local.Azurite;
using Serverless.Local.Settings;
using Serverless.Service.Storage;

namespace Serverless.Local.Composition;

/// <summary>The storage and what works on it, for a command that needs no head; one may run beside it.</summary>
internal sealed class LocalStorage : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly AzuriteProcess? _azurite;

    private LocalStorage(ServiceProvider services, AzuriteProcess? azurite) => (_services, _azurite) = (services, azurite);

    /// <summary>Opens the storage of the settings, and starts the emulator where that is meant and none answers.</summary>
    /// <param name="say">Takes lines for the person in front of the console.</param>
    /// <exception cref="Learning.InputError">The storage cannot be opened.</exception>
    public static async Task<LocalStorage> OpenAsync(LocalSettings settings, Action<string> say, CancellationToken ct)
    {
        Directory.CreateDirectory(settings.Data);
        var azurite = settings.UsesAzurite
            ? await AzuriteProcess.StartAsync(
                new AzuriteOptions { DataFolder = Path.Combine(settings.Data, "azurite"), Port = settings.AzuritePort, Say = say }, ct)
            : null;
        var services = new ServiceCollection().AddLogging().AddServerlessStorage(settings.StorageAccount).BuildServiceProvider();
        var storage = new LocalStorage(services, azurite);
        try
        {
            await storage.Get<BlobAccount>().CreateContainersAsync(ct);
            return storage;
        }
        catch
        {
            await storage.DisposeAsync();
            throw;
        }
    }

    /// <summary>One of the parts.</summary>
    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        if (_azurite is not null)
            await _azurite.DisposeAsync();
    }
}
