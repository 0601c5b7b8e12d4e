using System.ClientModel;
using System.ClientModel.Primitives;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using OpenAI;

namespace Serverless.EndToEnd.Tests.Heads;

/// <summary>The embedded head as a user starts it: a process of its own, spoken to over HTTP.</summary>
internal sealed partial class HeadProcess : IAsyncDisposable
{
    private const string Answers = "Serverless answers at ";
    private const int Sigterm = 15;

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

    /// <summary>The official client, without retries so that a fault shows.</summary>
    public OpenAIClient Client { get; private set; } = null!;

    public HttpClient Http { get; } = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromMinutes(2) };

    /// <summary>The process's id.</summary>
    public int Id => _process.Id;

    /// <summary>Everything the process has written.</summary>
    public string Output => string.Join("\n", _lines);

    /// <summary>Starts <c>serve</c> and returns when it answers.</summary>
    /// <param name="url">Where; at a free port if it does not matter.</param>
    public static async Task<HeadProcess> StartAsync(HeadPlace place, Uri? url = null)
    {
        var head = new HeadProcess(Start(place, "serve", "--url", url?.ToString() ?? "http://127.0.0.1:0"));
        var ended = head._process.WaitForExitAsync(TestContext.Current.CancellationToken);
        if (await Task.WhenAny(head._url.Task, ended) == ended)
            throw new InvalidOperationException($"the head ended with {head._process.ExitCode}:\n{head.Output}");
        head.Http.BaseAddress = new Uri(head.Url, "v1/");
        head.Client = new OpenAIClient(new ApiKeyCredential("any"), new OpenAIClientOptions
        {
            Endpoint = new Uri(head.Url, "v1"),
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
        });
        return head;
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
            _ = Kill(_process.Id, Sigterm);
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _ = Kill(_process.Id, Sigterm);
            await Task.WhenAny(_process.WaitForExitAsync(CancellationToken.None), Task.Delay(TimeSpan.FromSeconds(60), CancellationToken.None));
            if (!_process.HasExited)
                _process.Kill();
        }
        Http.Dispose();
        _process.Dispose();
    }

    private static Process Start(HeadPlace place, params string[] words)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "serverless.dll"), .. words])
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
