using System.Diagnostics;
using System.Security.Cryptography;

namespace Serverless.EndToEnd.Tests.Browser;

/// <summary>Runs scenarios of this folder in the system's Chromium, driven from Node.js by the pinned playwright-core.</summary>
internal static class Chromium
{
    /// <summary>What a test says that finds no browser.</summary>
    public const string Missing = "no Chromium is installed (on Debian: apt-get install chromium)";

    private const string Wish = "wish: ";

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Browser");
    private static readonly Lazy<Task<string>> Playwright = new(InstallAsync);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>The browser, or null.</summary>
    public static string? Find() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(folder => new[] { "chromium", "chromium-browser", "google-chrome" }.Select(name => Path.Combine(folder, name)))
        .FirstOrDefault(File.Exists);

    /// <summary>Runs a scenario to its end, which has to be a good one.</summary>
    /// <param name="grant">Does what the scenario wishes for on the way, such as ending the service.</param>
    /// <param name="words">What the scenario is told besides the service's address.</param>
    public static async Task RunAsync(HeadProcess head, string scenario, Func<string, Task>? grant = null, params string[] words)
    {
        var start = new ProcessStartInfo("node", [Path.Combine(Folder, $"{scenario}.mjs"), head.Url.ToString(), .. words])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["PLAYWRIGHT"] = await Playwright.Value, ["CHROMIUM"] = Find() },
        };
        using var node = Process.Start(start)!;
        try
        {
            var faults = node.StandardError.ReadToEndAsync(Ct);
            while (await node.StandardOutput.ReadLineAsync(Ct) is { } line)
            {
                if (!line.StartsWith(Wish, StringComparison.Ordinal))
                    continue;
                await grant!(line[Wish.Length..]);
                await node.StandardInput.WriteLineAsync("done".AsMemory(), Ct);
                await node.StandardInput.FlushAsync(Ct);
            }
            await node.WaitForExitAsync(Ct);
            Assert.True(node.ExitCode == 0, $"{scenario}:\n{await faults}\nthe service said:\n{head.Output}");
        }
        finally
        {
            if (!node.HasExited)
                node.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Installs playwright-core once per lock file, into a cache folder of the user. It fetches no browser.</summary>
    /// <returns>The module to import.</returns>
    private static async Task<string> InstallAsync()
    {
        var lockFile = await File.ReadAllBytesAsync(Path.Combine(Folder, "package-lock.json"));
        var cache = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "serverless", "browser");
        var folder = Path.Combine(cache, Convert.ToHexStringLower(SHA256.HashData(lockFile))[..16]);
        var module = Path.Combine(folder, "node_modules", "playwright-core", "index.mjs");
        if (File.Exists(module))
            return module;
        var partial = $"{folder}.{Guid.NewGuid():N}";
        Directory.CreateDirectory(partial);
        foreach (var name in new[] { "package.json", "package-lock.json" })
            File.Copy(Path.Combine(Folder, name), Path.Combine(partial, name));
        var start = new ProcessStartInfo("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]) { WorkingDirectory = partial, RedirectStandardError = true };
        using (var npm = Process.Start(start)!)
        {
            var faults = await npm.StandardError.ReadToEndAsync();
            await npm.WaitForExitAsync();
            Assert.True(npm.ExitCode == 0, $"npm ended with {npm.ExitCode}: {faults}");
        }
        if (!Directory.Exists(folder))
            Directory.Move(partial, folder);
        return module;
    }
}
