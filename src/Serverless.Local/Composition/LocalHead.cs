using System.Diagnostics;
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

    /// <summary>How long after it was asked to end the head waits for what runs: the rest of ten seconds, after which others kill a process, is for its own Azurite.</summary>
    private static readonly TimeSpan LongestWork = TimeSpan.FromSeconds(8);

    private readonly WebApplication _app;
    private readonly AzuriteProcess? _azurite;
    private HeadLease? _lease;
    private Stopwatch? _ending;

    private LocalHead(WebApplication app, AzuriteProcess? azurite)
    {
        _app = app;
        _azurite = azurite;
    }

    /// <summary>Where it really listens; another port than the setting's when that was 0.</summary>
    public Uri Url => new(Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Whether a head of this process ended without waiting for what ran: the process has to end as <see cref="ProcessEnd"/> does it.</summary>
    public static bool LeftWork { get; private set; }

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

    /// <summary>
    /// Ends everything. What runs is told at once and comes to an end that it can go on from; what does not in time is left as a kill would leave it, and
    /// <see cref="LeftWork"/>.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _ending ??= Stopwatch.StartNew();
        await _app.StopAsync();
        // What is asked of the parts when they are disposed already.
        var (journal, log) = (Services.GetRequiredService<JournalWorkflowHost>(), Services.GetRequiredService<ILogger<LocalHead>>());
        ILoggerProvider[] writers = [.. Services.GetServices<ILoggerProvider>()];
        // On another thread: parts may wait without being asked twice.
        var work = Task.Run(async () => await EndWorkAsync(journal));
        if (!await EndsWithinAsync(work, LongestWork - _ending.Elapsed))
        {
            await LeaveWorkAsync(journal, log);
            // Lines are written by threads that nothing else waits for. The factory of the loggers would not do this: its writers are the container's.
            await EndsWithinAsync(Task.Run(() => Array.ForEach(writers, writer => writer.Dispose())), TimeSpan.FromSeconds(0.5));
        }
        if (_azurite is null)
            return;
        var storage = _azurite.DisposeAsync().AsTask();
        if (LeftWork)
            // Told to end, it does, at the latest when this process and its calls are gone.
            await EndsWithinAsync(storage, TimeSpan.FromSeconds(1));
        else
            await storage;
    }

    private async Task EndWorkAsync(JournalWorkflowHost journal)
    {
        // Before the parts that running activities use are disposed.
        await journal.StopAsync(CancellationToken.None);
        if (_lease is not null)
            await _lease.DisposeAsync();
        await _app.DisposeAsync();
    }

    /// <summary>Says what is left. The lease goes with the process: no other head begins before.</summary>
    private async Task LeaveWorkAsync(JournalWorkflowHost journal, ILogger<LocalHead> log)
    {
        LeftWork = true;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(0.5));
        var left = await journal.LeaveAsync(patience.Token);
        log.WorkLeft(_ending!.Elapsed.TotalSeconds, left.Count == 0 ? "the head's own parts" : string.Join(", ", left));
    }

    private static async Task<bool> EndsWithinAsync(Task work, TimeSpan length)
    {
        if (await Task.WhenAny(work, Task.Delay(length > TimeSpan.Zero ? length : TimeSpan.Zero)) != work)
            return false;
        await work;
        return true;
    }

    private async Task StartAsync(CancellationToken ct)
    {
        var settings = Services.GetRequiredService<LocalSettings>();
        // At once, and not behind the last request: what trains commits meanwhile.
        var journal = Services.GetRequiredService<JournalWorkflowHost>();
        Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(() =>
        {
            _ending ??= Stopwatch.StartNew();
            journal.BeginStop();
        });
        if (settings.Threads > 0)
            NativeRuntime.SetThreads(settings.Threads);
        await Services.GetRequiredService<BlobAccount>().CreateContainersAsync(ct);
        _lease = await HeadLease.AcquireAsync(Services, ct);
        await Services.GetRequiredService<BaseModels>().SeedAsync(settings.Models, ct);
        await journal.ResumeAsync(ct);
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
