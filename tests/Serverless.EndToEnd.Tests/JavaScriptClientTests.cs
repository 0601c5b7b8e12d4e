using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.EndToEnd.Tests;

/// <summary>OpenAI's official JavaScript client, of the pinned version and installed with <c>npm ci</c>, against the started head.</summary>
public sealed class JavaScriptClientTests(AzuriteFixture azurite)
{
    private static readonly string Source = Path.Combine(AppContext.BaseDirectory, "JavaScript");
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 900_000)]
    public async Task The_JavaScript_client_uploads_pages_streams_trains_sees_errors_and_verifies_webhooks()
    {
        using var place = HeadPlace.On(azurite.ConnectionString, await azurite.NewPrefixAsync());
        var (port, secret) = (AzuriteFixture.FreePort(), "whsec_" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        place.Variables["SERVERLESS_WEBHOOKS"] = $"http://127.0.0.1:{port}/told {secret}";
        place.Variables["SERVERLESS_ALLOWED_NETWORKS"] = "127.0.0.1";
        await File.WriteAllTextAsync(Path.Combine(place.Folder, "train.jsonl"), TinyModel.Dataset(12), new UTF8Encoding(), Ct);
        foreach (var name in new[] { "package.json", "package-lock.json" })
            File.Copy(Path.Combine(Source, name), Path.Combine(place.Folder, name));
        var (installed, said) = await RunAsync("npm", place.Folder, "ci", "--no-audit", "--no-fund");
        Assert.True(installed == 0, said);
        await using var head = await HeadProcess.StartAsync(place);

        var (exitCode, output) = await RunAsync(
            "node", place.Folder, Path.Combine(Source, "client.mjs"), head.Url.ToString(), port.ToString(System.Globalization.CultureInfo.InvariantCulture), secret, place.Folder,
            Path.Combine(place.Folder, "node_modules"));

        Assert.True(exitCode == 0, output);
        Assert.Equal(
            ["files", "uploads", "paging", "errors", "streaming", "jobs", "webhooks"],
            output.Split('\n').Where(line => line.StartsWith("holds: ", StringComparison.Ordinal)).Select(line => line["holds: ".Length..].Trim()));
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string command, string folder, params string[] words)
    {
        // On Windows npm is a command file, which only the shell can start.
        var start = OperatingSystem.IsWindows() ? new ProcessStartInfo("cmd", ["/c", command, .. words]) : new ProcessStartInfo(command, words);
        (start.WorkingDirectory, start.RedirectStandardOutput, start.RedirectStandardError) = (folder, true, true);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(Ct);
        var output = await process.StandardOutput.ReadToEndAsync(Ct);
        await process.WaitForExitAsync(Ct);
        return (process.ExitCode, output + await errors);
    }
}
