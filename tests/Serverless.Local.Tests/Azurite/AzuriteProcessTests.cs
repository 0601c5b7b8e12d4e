using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using Serverless.Learning;
using Serverless.Local.Azurite;
using Serverless.Service.Storage;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Azurite;

public sealed class AzuriteProcessTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("serverless-test-").FullName;
    private readonly List<string> _said = [];
    private readonly AzuriteOptions _options;
    private Process? _leftOver;

    public AzuriteProcessTests()
    {
        _options = new AzuriteOptions { DataFolder = _folder, Port = AzuriteFixture.FreePort(), Say = _said.Add };
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        if (_leftOver is { HasExited: false })
        {
            _leftOver.Kill();
            _leftOver.WaitForExit();
        }
        _leftOver?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task It_runs_in_a_session_of_its_own_is_stopped_and_keeps_its_data()
    {
        int pid;
        await using (var azurite = await AzuriteProcess.StartAsync(_options, Cancel))
        {
            pid = azurite.ProcessId!.Value;
            Assert.True(azurite.IsOwned);
            if (OperatingSystem.IsLinux()) Assert.Equal(pid, SessionOf(pid));
            await WriteAsync("kept");
        }
        Assert.False(IsRunning(pid));
        Assert.False(File.Exists(Path.Combine(_folder, "azurite.pid")));

        await using var again = await AzuriteProcess.StartAsync(_options, Cancel);

        Assert.NotEqual(pid, again.ProcessId);
        Assert.Equal("kept", await ReadAsync());
        Assert.Contains($"Azurite answers at port {_options.Port}, data in {_folder}", _said);
    }

    [Fact]
    public async Task One_left_over_by_a_killed_head_is_adopted_and_stopped_at_the_end()
    {
        var left = await StartLeftOverAsync();
        await File.WriteAllTextAsync(Path.Combine(_folder, "azurite.pid"), $"{left.Id} {_options.Port}", Cancel);

        await using (var azurite = await AzuriteProcess.StartAsync(_options, Cancel))
        {
            Assert.Equal(left.Id, azurite.ProcessId);
            Assert.Equal([$"Adopting Azurite (process {left.Id}) at port {_options.Port}, data in {_folder}"], _said);
            await WriteAsync("x");
        }

        await left.WaitForExitAsync(Cancel);
        // An exit code of 0 shows that it ended by itself on being asked, having written what it held.
        Assert.Equal(0, left.ExitCode);
    }

    [Fact]
    public async Task A_pid_file_that_names_another_process_is_not_believed()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "azurite.pid"), $"{Environment.ProcessId} {_options.Port}", Cancel);

        await using var azurite = await AzuriteProcess.StartAsync(_options, Cancel);

        Assert.NotEqual(Environment.ProcessId, azurite.ProcessId);
    }

    [Fact]
    public async Task Two_heads_share_one_and_only_its_owner_stops_it()
    {
        await using var owner = await AzuriteProcess.StartAsync(_options, Cancel);

        await using (var guest = await AzuriteProcess.StartAsync(_options, Cancel)) Assert.False(guest.IsOwned);

        await WriteAsync("still there");
        Assert.Equal("still there", await ReadAsync());
    }

    [Fact]
    public async Task A_head_starts_its_own_when_the_one_whose_it_used_stops()
    {
        var owner = await AzuriteProcess.StartAsync(_options, Cancel);
        await using var guest = await AzuriteProcess.StartAsync(_options with { TakesOver = true }, Cancel);
        await WriteAsync("kept");
        await owner.DisposeAsync();

        await OwnedAsync(guest);

        Assert.Equal("kept", await ReadAsync());
    }

    [Fact]
    public async Task A_head_takes_over_the_one_that_a_killed_head_leaves_running()
    {
        var left = await StartLeftOverAsync();
        await File.WriteAllTextAsync(Path.Combine(_folder, "azurite.pid"), $"{left.Id} {_options.Port}", Cancel);
        var other = ExclusiveFile.TryHold(Path.Combine(_folder, "azurite.lock"))!;
        await using var guest = await AzuriteProcess.StartAsync(_options with { TakesOver = true }, Cancel);
        Assert.False(guest.IsOwned);
        await other.DisposeAsync();

        await OwnedAsync(guest);

        Assert.Equal(left.Id, guest.ProcessId);
    }

    [Fact]
    public async Task One_that_somebody_else_started_is_used_and_left_running()
    {
        var theirs = await StartLeftOverAsync();

        await using (var azurite = await AzuriteProcess.StartAsync(_options with { DataFolder = Path.Combine(_folder, "ours") }, Cancel))
        {
            Assert.False(azurite.IsOwned);
            Assert.Equal([$"Using the Azurite that answers at port {_options.Port}"], _said);
        }

        Assert.False(theirs.HasExited);
    }

    [Fact]
    public async Task One_that_dies_is_started_again()
    {
        await using var azurite = await AzuriteProcess.StartAsync(_options, Cancel);
        var first = azurite.ProcessId!.Value;
        using (var process = Process.GetProcessById(first)) process.Kill();

        var clock = Stopwatch.StartNew();
        while (azurite.ProcessId is not { } pid || pid == first)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), "was not started again");
            await Task.Delay(100, Cancel);
        }

        await WriteAsync("x");
        Assert.Equal("x", await ReadAsync());
        Assert.Contains(_said, line => line.StartsWith("Azurite has ended unexpectedly and is started again.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Another_program_at_the_port_is_named()
    {
        using var other = new TcpListener(IPAddress.Loopback, _options.Port);
        other.Start();
        var served = Task.Run(async () =>
        {
            using var client = await other.AcceptTcpClientAsync(Cancel);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 0\r\n\r\n"), Cancel);
        }, Cancel);

        var fault = await Assert.ThrowsAsync<InputError>(() => AzuriteProcess.StartAsync(_options, Cancel));

        await served;
        Assert.Equal(
            $"development storage: found another program ('nginx') at port {_options.Port}; stop it, or name another storage with the setting "
            + "Storage (--storage, SERVERLESS_STORAGE)", fault.Message);
    }

    [Fact]
    public async Task Without_node_the_message_says_what_to_install_or_to_set()
    {
        var fault = await Assert.ThrowsAsync<InputError>(() => NodeRuntime.RequireAsync("no-such-node", Cancel));

        Assert.Equal(
            "development storage: found no Node.js on the PATH; install Node.js 20 or later with npm from https://nodejs.org, or name an Azure "
            + "Storage account with the setting Storage (--storage, SERVERLESS_STORAGE)", fault.Message);
    }

    [Fact]
    public async Task An_old_node_is_named_with_its_version()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Needs a shell script.");
        var old = Path.Combine(_folder, "node");
        await File.WriteAllTextAsync(old, "#!/bin/sh\necho v18.19.0\n", Cancel);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(old, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        var fault = await Assert.ThrowsAsync<InputError>(() => NodeRuntime.RequireAsync(old, Cancel));

        Assert.StartsWith("development storage: found Node.js 'v18.19.0'; install Node.js 20 or later", fault.Message, StringComparison.Ordinal);
    }

    private async Task OwnedAsync(AzuriteProcess azurite)
    {
        var clock = Stopwatch.StartNew();
        while (azurite.ProcessId is null)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), "was not taken over: " + string.Join(" / ", _said));
            await Task.Delay(100, Cancel);
        }
        using var endpoint = new AzuriteEndpoint(_options.Port);
        while (!await endpoint.IsAzuriteAsync(Cancel)) await Task.Delay(100, Cancel);
    }

    private async Task<Process> StartLeftOverAsync()
    {
        var script = await AzuritePackage.EnsureInstalledAsync(_options.CacheFolder, _ => { }, Cancel);
        var port = _options.Port.ToString(CultureInfo.InvariantCulture);
        var start = new ProcessStartInfo(NodeRuntime.Command, [
            script, "--skipApiVersionCheck", "--disableTelemetry", "--silent",
            "--blobHost", "127.0.0.1", "--blobPort", port, "--location", _folder])
        { RedirectStandardOutput = true, RedirectStandardError = true };
        _leftOver = Process.Start(start)!;
        using var endpoint = new AzuriteEndpoint(_options.Port);
        while (!await endpoint.IsAzuriteAsync(Cancel)) await Task.Delay(100, Cancel);
        return _leftOver;
    }

    private BlobClient Blob() => new BlobServiceClient(StorageSettings.DevelopmentStorageAt(_options.Port), BlobAccountFactory.Options())
        .GetBlobContainerClient("test").GetBlobClient("blob");

    private async Task WriteAsync(string text)
    {
        var blob = Blob();
        await blob.GetParentBlobContainerClient().CreateIfNotExistsAsync(cancellationToken: Cancel);
        await blob.UploadAsync(new BinaryData(text), overwrite: true, Cancel);
    }

    private async Task<string> ReadAsync() => (await Blob().DownloadContentAsync(Cancel)).Value.Content.ToString();

    private static int SessionOf(int pid)
    {
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[3], CultureInfo.InvariantCulture);
    }

    private static bool IsRunning(int pid) =>
        File.Exists($"/proc/{pid}/stat") && !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);
}
