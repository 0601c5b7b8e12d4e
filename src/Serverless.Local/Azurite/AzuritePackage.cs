using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Serverless.Local.Azurite;

/// <summary>
/// The pinned storage emulator: <c>infra/azurite</c>'s package and lock files, carried in this assembly, installed with <c>npm ci</c> into a
/// cache folder of the user, once per lock file. Several processes may ask at once.
/// </summary>
internal static partial class AzuritePackage
{
    private const string PackageFile = "package.json";
    private const string LockFile = "package-lock.json";
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(2);

    /// <summary>Installs the emulator below <paramref name="cacheFolder"/> if it is not there, telling <paramref name="say"/> how far it is.</summary>
    /// <returns>The script that starts the blob service.</returns>
    public static async Task<string> EnsureInstalledAsync(string cacheFolder, Action<string> say, CancellationToken cancellationToken)
    {
        var lockFile = Resource(LockFile);
        var parent = Path.Combine(cacheFolder, "azurite");
        var folder = Path.Combine(parent, Convert.ToHexStringLower(SHA256.HashData(lockFile))[..16]);
        var script = Path.Combine(folder, "node_modules", "azurite", "dist", "src", "blob", "main.js");
        if (File.Exists(script)) return script;

        Directory.CreateDirectory(parent);
        await using var turn = await ExclusiveFile.WaitAsync(folder + ".lock", cancellationToken);
        if (File.Exists(script)) return script;
        var partial = folder + ".partial";
        if (Directory.Exists(partial)) Directory.Delete(partial, recursive: true);
        Directory.CreateDirectory(partial);
        await File.WriteAllBytesAsync(Path.Combine(partial, PackageFile), Resource(PackageFile), cancellationToken);
        await File.WriteAllBytesAsync(Path.Combine(partial, LockFile), lockFile, cancellationToken);
        await InstallAsync(partial, PackageCount().Count(System.Text.Encoding.UTF8.GetString(lockFile)), say, cancellationToken);
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Directory.Move(partial, folder);
        return script;
    }

    private static async Task InstallAsync(string folder, int packages, Action<string> say, CancellationToken cancellationToken)
    {
        say($"Installing Azurite, the storage emulator, once: {packages} packages, about 190 MB, into {Path.GetDirectoryName(folder)}");
        var start = NodeRuntime.Npm(folder, "ci", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=http");
        Process npm;
        try
        {
            npm = Process.Start(start)!;
        }
        catch (Win32Exception fault)
        {
            throw NodeRuntime.NpmMissing(fault);
        }
        using (npm)
        {
            var faults = new List<string>();
            var fetched = 0;
            var clock = Stopwatch.StartNew();
            var said = clock.Elapsed;
            var output = npm.StandardOutput.ReadToEndAsync(cancellationToken);
            while (await npm.StandardError.ReadLineAsync(cancellationToken) is { } line)
            {
                if (line.StartsWith("npm http", StringComparison.Ordinal)) fetched++;
                else if (!line.StartsWith("npm warn", StringComparison.OrdinalIgnoreCase)) faults.Add(line);
                if (clock.Elapsed - said < ProgressInterval) continue;
                said = clock.Elapsed;
                say($"  {Math.Min(fetched, packages)} of {packages} packages fetched, {said.TotalSeconds:F0} s");
            }
            await output;
            await npm.WaitForExitAsync(cancellationToken);
            if (npm.ExitCode != 0)
                throw new InvalidOperationException(
                    $"npm could not install Azurite (exit code {npm.ExitCode}):\n{string.Join("\n", faults.TakeLast(20))}");
            say($"  done in {clock.Elapsed.TotalSeconds:F0} s");
        }
    }

    private static byte[] Resource(string name)
    {
        using var stream = typeof(AzuritePackage).Assembly.GetManifestResourceStream("azurite/" + name)
            ?? throw new InvalidOperationException($"This build lacks the resource azurite/{name}.");
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    [GeneratedRegex("\"integrity\":")]
    private static partial Regex PackageCount();
}
