using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Serverless.Api;
using Serverless.Learning;
using Serverless.Learning.Native;
using Serverless.Local.Azurite;
using Serverless.Local.Journal;
using Serverless.Local.Settings;
using Serverless.Service.Models;
using Serverless.Service.Pipeline;
using Serverless.Service.Storage;

namespace Serverless.Local.Composition;

/// <summary>The running head: storage, workflows, watcher and web server of this machine.</summary>
internal sealed class LocalHead : IAsyncDisposable
{
    /// <summary>How long the web server waits for requests when the head ends; those that take longer are told to come again before.</summary>
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(5);

    private readonly WebApplication _app;
    private readonly AzuriteProcess? _azurite;
    private HeadLease? _lease;

    private LocalHead(WebApplication app, AzuriteProcess? azurite)
    {
        _app = app;
        _azurite = azurite;
    }

    /// <summary>Where it really listens; another port than the setting's when that was 0.</summary>
    public Uri Url => new(Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>The parts it is made of.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Starts everything, in the order in which it is needed, and returns when requests are answered.</summary>
    /// <param name="say">Takes lines for the person in front of the console.</param>
    /// <param name="logLevel">The least level that is logged to the console.</param>
    /// <exception cref="InputError">The address is taken, or the storage cannot be opened.</exception>
    public static async Task<LocalHead> StartAsync(LocalSettings settings, Action<string> say, LogLevel logLevel, CancellationToken ct)
    {
        Directory.CreateDirectory(settings.Data);
        var azurite = settings.UsesAzurite
            ? await AzuriteProcess.StartAsync(
                new AzuriteOptions { DataFolder = Path.Combine(settings.Data, "azurite"), Port = settings.AzuritePort, Say = say, TakesOver = true }, ct)
            : null;
        var started = new StrongBox<bool>();
        var head = new LocalHead(Build(settings, logLevel, started), azurite);
        try
        {
            await head.StartAsync(ct);
            started.Value = true;
            return head;
        }
        catch
        {
            await head.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the process is asked to end, or the head ends by itself.</summary>
    public Task WaitForStopAsync(CancellationToken ct) => _app.WaitForShutdownAsync(ct);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        // Before the parts that running activities use are disposed.
        await Services.GetRequiredService<JournalWorkflowHost>().StopAsync(CancellationToken.None);
        if (_lease is not null)
            await _lease.DisposeAsync();
        await _app.DisposeAsync();
        if (_azurite is not null)
            await _azurite.DisposeAsync();
    }

    private async Task StartAsync(CancellationToken ct)
    {
        var settings = Services.GetRequiredService<LocalSettings>();
        // At once, and not behind the last request: what trains commits meanwhile.
        Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(Services.GetRequiredService<JournalWorkflowHost>().BeginStop);
        if (settings.Threads > 0)
            NativeRuntime.SetThreads(settings.Threads);
        await Services.GetRequiredService<BlobAccount>().CreateContainersAsync(ct);
        _lease = await HeadLease.AcquireAsync(Services, ct);
        await Services.GetRequiredService<BaseModels>().SeedAsync(settings.Models, ct);
        await Services.GetRequiredService<JournalWorkflowHost>().ResumeAsync(ct);
        await Services.GetRequiredService<UnfinishedWork>().StartAsync(ct);
        try
        {
            await _app.StartAsync(ct);
        }
        catch (IOException fault) when (fault.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            throw new InputError($"{settings.Url.Authority}: another program listens there; stop it, or give another address with --url", innerException: fault);
        }
    }

    /// <param name="started">Whether the start is over; before, its faults are told by exceptions and not logged as well.</param>
    private static WebApplication Build(LocalSettings settings, LogLevel logLevel, StrongBox<bool> started)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseUrls(settings.Url.ToString());
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.Logging.ClearProviders()
            .AddSimpleConsole(console => console.SingleLine = true)
            .SetMinimumLevel(logLevel)
            .AddFilter("Microsoft.AspNetCore", LogLevel.Warning)
            .AddFilter("Microsoft.Hosting", LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Hosting", level => started.Value && level >= LogLevel.Warning);
        builder.Services.AddLocalHead(settings).Configure<HostOptions>(host => host.ShutdownTimeout = LongestStop);
        var app = builder.Build();
        app.UseServerlessApi();
        app.UseMiddleware<EndOfRequests>();
        app.UseRouting();
        app.MapServerlessApi();
        return app;
    }
}
