using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Serverless.Tests.Heads;

/// <summary>The embedded head as a user starts it: a process of its own, spoken to over HTTP.</summary>
internal sealed partial class HeadProcess : IAsyncDisposable
{
    private const string Answers = "Serverless answers at ";

    private readonly ConcurrentQueue<string> _lines = new();
    private readonly TaskCompletionSource<Uri> _url = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Process _process;

    private HeadProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += (_, line) => Take(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public Uri Url => _url.Task.Result;

    public HttpClient Http { get; } = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromMinutes(2) };

    /// <summary>The process's id.</summary>
    public int Id => _process.Id;

    /// <summary>Everything the process has written.</summary>
    public string Output => string.Join("\n", _lines);

    /// <summary>Whether the process has ended.</summary>
    public bool HasEnded => _process.HasExited;

    /// <summary>Starts <c>serve</c> and returns when it answers.</summary>
    /// <param name="url">Where; at a free port if it does not matter.</param>
    public static async Task<HeadProcess> StartAsync(HeadPlace place, Uri? url = null)
    {
        var head = Launch(place, url);
        await head.AnswersAsync(TestContext.Current.CancellationToken);
        return head;
    }

    /// <summary>Starts <c>serve</c> and returns at once.</summary>
    public static HeadProcess Launch(HeadPlace place, Uri? url = null) => new(Start(place, "serve", "--url", url?.ToString() ?? "http://127.0.0.1:0"));

    /// <summary>Waits until the head answers.</summary>
    /// <exception cref="InvalidOperationException">It has ended.</exception>
    public async Task AnswersAsync(CancellationToken ct)
    {
        var ended = _process.WaitForExitAsync(ct);
        if (await Task.WhenAny(_url.Task, ended) == ended)
            throw new InvalidOperationException($"the head ended with {_process.ExitCode}:\n{Output}");
        Http.BaseAddress ??= new Uri(Url, "v1/");
    }

    /// <summary>Runs a command of the program to its end.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(HeadPlace place, params string[] words)
    {
        await using var head = new HeadProcess(Start(place, words));
        await head._process.WaitForExitAsync(TestContext.Current.CancellationToken);
        // Also waits for the last lines.
        head._process.WaitForExit();
        return (head._process.ExitCode, head.Output);
    }

    /// <summary>Ends the process as a crash or a power cut would: it gets no chance to do anything.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Asks the process to end, and waits until it has.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync()
    {
        if (!_process.HasExited)
            Send(ProcessSignal.Terminate);
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    /// <summary>Sends the process a signal.</summary>
    public void Send(ProcessSignal signal) => _ = Kill(_process.Id, (int)signal);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            // One that stands still would never take notice.
            Send(ProcessSignal.Continue);
            Send(ProcessSignal.Terminate);
            await Task.WhenAny(_process.WaitForExitAsync(CancellationToken.None), Task.Delay(TimeSpan.FromSeconds(60), CancellationToken.None));
            if (!_process.HasExited)
                _process.Kill();
        }
        Http.Dispose();
        _process.Dispose();
    }

    private static Process Start(HeadPlace place, params string[] words)
    {
        string[] command = [.. place.Launcher, "dotnet", Path.Combine(AppContext.BaseDirectory, "serverless.dll"), .. words];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = place.Folder,
        };
        foreach (var (name, value) in place.Variables)
            start.Environment[name] = Convert.ToString(value, CultureInfo.InvariantCulture);
        return Process.Start(start)!;
    }

    private void Take(string? line)
    {
        if (line is null)
            return;
        _lines.Enqueue(line);
        if (line.StartsWith(Answers, StringComparison.Ordinal))
            _url.TrySetResult(new Uri(line[Answers.Length..].Trim()));
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
