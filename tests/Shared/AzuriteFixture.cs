using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Azure.Storage.Blobs;
using Serverless.Local.Azurite;
using Serverless.Service.Storage;

[assembly: AssemblyFixture(typeof(Serverless.Tests.Shared.AzuriteFixture))]

namespace Serverless.Tests.Shared;

/// <summary>
/// A real Azurite on a free port with a temporary folder, shared by the tests of one assembly and started when one first asks for it.
/// Each test takes containers of its own, in a storage account of its own: Azurite looks for a blob among all those of the account, so that in a
/// single one each call would take longer with every test before it.
/// </summary>
public sealed class AzuriteFixture : IAsyncLifetime
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "serverless-azurite-" + Guid.NewGuid().ToString("N")[..8]);
    private readonly SemaphoreSlim _turn = new(1);
    private readonly ConcurrentDictionary<string, int> _accountsOfTests = new();
    private AzuriteProcess? _azurite;
    private int _prefixes;
    private int _tests;

    /// <summary>The port that the emulator listens on; started by <see cref="NewAccountAsync"/> or <see cref="StartAsync"/>.</summary>
    public int Port { get; } = FreePort();

    /// <summary>The connection string of the account that the running test has; of one that all share outside of any test.</summary>
    public string ConnectionString => ConnectionStringBy(Port);

    /// <summary>The same account by another port, behind which something passes calls on.</summary>
    public string ConnectionStringBy(int port) => StorageSettings.DevelopmentStorageAt(port).Replace(TestAccounts.Shared, AccountName, StringComparison.Ordinal);

    /// <summary>An account whose containers no other test uses, created and empty.</summary>
    public async Task<BlobAccount> NewAccountAsync()
    {
        var account = await NewUncreatedAccountAsync();
        await account.CreateContainersAsync(TestContext.Current.CancellationToken);
        return account;
    }

    /// <summary>The same before its containers are created.</summary>
    public async Task<BlobAccount> NewUncreatedAccountAsync() => Open(await NewPrefixAsync());

    /// <summary>A container prefix that no other test uses, on the running emulator.</summary>
    public async Task<string> NewPrefixAsync()
    {
        await StartAsync();
        return $"t{Interlocked.Increment(ref _prefixes)}-";
    }

    /// <summary>A further client of the containers behind <paramref name="prefix"/>.</summary>
    public BlobAccount Open(string prefix) => new(new BlobServiceClient(ConnectionString, BlobAccountFactory.Options()), prefix);

    /// <summary>Starts the emulator if it does not run yet.</summary>
    public async Task StartAsync()
    {
        await _turn.WaitAsync();
        try
        {
            if (_azurite is not null)
                return;
            TestAccounts.Declare();
            _azurite = await AzuriteProcess.StartAsync(
                new AzuriteOptions { DataFolder = _folder, Port = Port, Say = line => TestContext.Current.SendDiagnosticMessage("{0}", line) },
                CancellationToken.None);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>A port that nothing listens on at this moment.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private string AccountName => TestContext.Current.Test is { } test
        ? TestAccounts.Name(_accountsOfTests.GetOrAdd(test.UniqueID, _ => Interlocked.Increment(ref _tests)))
        : TestAccounts.Shared;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_azurite is not null)
        {
            await _azurite.DisposeAsync();
            Directory.Delete(_folder, recursive: true);
        }
        _turn.Dispose();
    }
}
