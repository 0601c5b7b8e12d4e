using System.Diagnostics;
using System.Globalization;
using Serverless.Learning;

namespace Serverless.Local.Azurite;

/// <summary>
/// The development storage of this machine. It runs in a session of its own: a head that is killed leaves it running with every
/// acknowledged write, and the next head adopts it by its pid file. The head that owns it starts it again should it die, and stops it with
/// SIGTERM on exit. A head that finds another one's uses it, and takes it over, or starts its own, when that head ends. One that somebody else runs
/// is used and left alone.
/// </summary>
public sealed class AzuriteProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    // Starts the emulator in a session of its own on every system, with its output in a file, so that no pipe ties it to this process.
    private const string Launcher = """
        const [script, log, pidFile, port, ...rest] = process.argv.slice(1);
        const fs = require('fs');
        const out = fs.openSync(log, 'w');
        const child = require('child_process').spawn(process.execPath, [script, ...rest], { detached: true, stdio: ['ignore', out, out] });
        fs.writeFileSync(pidFile, child.pid + ' ' + port);
        child.unref();
        """;

    private readonly AzuriteOptions _options;
    private readonly AzuritePidFile _pidFile;
    private readonly AzuriteEndpoint _endpoint;
    private readonly CancellationTokenSource _stop = new();
    private FileStream? _ownership;
    private Task _watch = Task.CompletedTask;

    private AzuriteProcess(AzuriteOptions options)
    {
        _options = options;
        _pidFile = new AzuritePidFile(options.DataFolder);
        _endpoint = new AzuriteEndpoint(options.Port);
    }

    /// <summary>Whether this process stops the emulator on exit.</summary>
    public bool IsOwned => _ownership is not null;

    /// <summary>The emulator's process id when this process owns it.</summary>
    public int? ProcessId => IsOwned ? _pidFile.Running()?.Pid : null;

    /// <summary>Finds, adopts or starts the emulator and returns when it answers.</summary>
    /// <exception cref="InputError">Node.js is missing or too old, or another program listens at the port.</exception>
    public static async Task<AzuriteProcess> StartAsync(AzuriteOptions options, CancellationToken cancellationToken)
    {
        var full = options with { DataFolder = Path.GetFullPath(options.DataFolder) };
        Directory.CreateDirectory(full.DataFolder);
        var azurite = new AzuriteProcess(full);
        try
        {
            await azurite.FindOrStartAsync(cancellationToken);
            return azurite;
        }
        catch
        {
            await azurite.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watch;
        _endpoint.Dispose();
        _stop.Dispose();
        if (_ownership is null) return;
        if (_pidFile.Running() is { } running && !await _pidFile.StopAsync(running.Pid, StopPatience))
            _options.Say($"Azurite (process {running.Pid}) has not ended after {StopPatience.TotalSeconds:F0} s and is left to itself.");
        await _ownership.DisposeAsync();
        _ownership = null;
    }

    private async Task FindOrStartAsync(CancellationToken cancellationToken)
    {
        _ownership = ExclusiveFile.TryHold(LockFile);
        if (_ownership is null)
        {
            _options.Say($"Using the Azurite of another head, data in {_options.DataFolder}");
            await WaitUntilAnsweringAsync(null, cancellationToken);
            if (_options.TakesOver) _watch = SucceedAsync();
            return;
        }
        if (await OwnAsync(cancellationToken)) _watch = WatchAsync();
    }

    /// <summary>With the lock held: adopts what a head has left, or starts a new one. Lets go of the lock where somebody else's answers.</summary>
    /// <returns>Whether this process owns one now.</returns>
    /// <exception cref="InputError">Another program listens at the port.</exception>
    private async Task<bool> OwnAsync(CancellationToken cancellationToken)
    {
        if (_pidFile.Running() is { } left)
        {
            if (left.Port == _options.Port)
            {
                _options.Say($"Adopting Azurite (process {left.Pid}) at port {left.Port}, data in {_options.DataFolder}");
                await WaitUntilAnsweringAsync(left.Pid, cancellationToken);
                return true;
            }
            await _pidFile.StopAsync(left.Pid, StopPatience);
        }
        var server = await _endpoint.ServerAsync(cancellationToken);
        if (server is not null)
        {
            if (!AzuriteEndpoint.IsAzurite(server))
                throw new InputError($"development storage: found another program ('{server}') at port {_options.Port}; stop it, or name "
                    + "another storage with the setting Storage (--storage, SERVERLESS_STORAGE)");
            _options.Say($"Using the Azurite that answers at port {_options.Port}");
            await _ownership!.DisposeAsync();
            _ownership = null;
            return false;
        }
        await LaunchAsync(cancellationToken);
        return true;
    }

    private async Task LaunchAsync(CancellationToken cancellationToken)
    {
        await NodeRuntime.RequireAsync(NodeRuntime.Command, cancellationToken);
        var script = await AzuritePackage.EnsureInstalledAsync(_options.CacheFolder, _options.Say, cancellationToken);
        var port = _options.Port.ToString(CultureInfo.InvariantCulture);
        var start = new ProcessStartInfo(NodeRuntime.Command, [
            "-e", Launcher, "--", script, LogFile, _pidFile.Path, port,
            "--skipApiVersionCheck", "--disableTelemetry", "--silent",
            "--blobHost", "127.0.0.1", "--blobPort", port, "--location", _options.DataFolder])
        { WorkingDirectory = _options.DataFolder };
        using (var launcher = Process.Start(start)!) await launcher.WaitForExitAsync(cancellationToken);
        await WaitUntilAnsweringAsync(_pidFile.Running()?.Pid ?? throw Died(), cancellationToken);
        _options.Say($"Azurite answers at port {port}, data in {_options.DataFolder}");
    }

    /// <summary>Waits until the emulator answers; when <paramref name="pid"/> is given, no longer than that process lives.</summary>
    private async Task WaitUntilAnsweringAsync(int? pid, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        while (!await _endpoint.IsAzuriteAsync(cancellationToken))
        {
            if (pid is not null && _pidFile.Running()?.Pid != pid) throw Died();
            if (clock.Elapsed > StartPatience)
                throw new TimeoutException($"Azurite does not answer at port {_options.Port} after {StartPatience.TotalSeconds:F0} s; see {LogFile}.");
            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
        }
    }

    /// <summary>Waits for the other head to leave, perhaps with its Azurite, and does then what it would have done without it.</summary>
    private Task SucceedAsync() => UntilStopAsync(async timer =>
    {
        while ((_ownership = ExclusiveFile.TryHold(LockFile)) is null) await timer.WaitForNextTickAsync(_stop.Token);
        if (await OwnAsync(_stop.Token)) await RestartAsync(timer);
    });

    private Task WatchAsync() => UntilStopAsync(RestartAsync);

    private async Task RestartAsync(PeriodicTimer timer)
    {
        while (await timer.WaitForNextTickAsync(_stop.Token))
        {
            if (_pidFile.Running() is not null) continue;
            _options.Say("Azurite has ended unexpectedly and is started again. " + LastWords());
            await LaunchAsync(_stop.Token);
        }
    }

    private async Task UntilStopAsync(Func<PeriodicTimer, Task> work)
    {
        using var timer = new PeriodicTimer(WatchInterval);
        try
        {
            await work(timer);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The owner is leaving.
        }
        catch (Exception fault) when (fault is InvalidOperationException or TimeoutException or InputError)
        {
            _options.Say($"Azurite could not be started again: {fault.Message}");
        }
    }

    private string LockFile => Path.Combine(_options.DataFolder, "azurite.lock");

    private string LogFile => Path.Combine(_options.DataFolder, "azurite.log");

    private InvalidOperationException Died() => new("Azurite ended at once. " + LastWords());

    private string LastWords()
    {
        var lines = File.Exists(LogFile) ? File.ReadLines(LogFile).Where(line => line.Length > 0).TakeLast(5) : [];
        return $"Its last words, from {LogFile}: {string.Join(" / ", lines)}";
    }
}
