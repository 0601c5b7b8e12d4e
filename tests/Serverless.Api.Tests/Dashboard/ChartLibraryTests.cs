using System.Diagnostics;

namespace Serverless.Api.Tests.Dashboard;

/// <summary>The chart library lies in the repository as its author published it, so that a build needs no npm.</summary>
public sealed class ChartLibraryTests
{
    [Fact]
    public async Task The_files_of_the_chart_library_are_those_of_the_locked_package()
    {
        var kept = Path.Combine(RepositoryFolder.Dashboard, "uPlot");
        var folder = Directory.CreateTempSubdirectory("serverless-charts-").FullName;
        try
        {
            foreach (var name in new[] { "package.json", "package-lock.json" })
                File.Copy(Path.Combine(kept, name), Path.Combine(folder, name));
            // npm checks what it fetches against the lock file's hash.
            await NpmAsync(folder, "ci", "--ignore-scripts", "--no-audit", "--no-fund");
            var package = Path.Combine(folder, "node_modules", "uplot");
            foreach (var (ours, theirs) in new[] { ("uPlot.iife.min.js", "dist/uPlot.iife.min.js"), ("uPlot.min.css", "dist/uPlot.min.css"), ("LICENSE", "LICENSE") })
                Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(package, theirs)), await File.ReadAllBytesAsync(Path.Combine(kept, ours)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task NpmAsync(string folder, params string[] arguments)
    {
        // On Windows npm is a command file, which only the shell can start.
        var start = OperatingSystem.IsWindows() ? new ProcessStartInfo("cmd", ["/c", "npm", .. arguments]) : new ProcessStartInfo("npm", arguments);
        start.WorkingDirectory = folder;
        start.RedirectStandardError = true;
        start.RedirectStandardOutput = true;
        using var npm = Process.Start(start)!;
        var output = npm.StandardOutput.ReadToEndAsync();
        var faults = await npm.StandardError.ReadToEndAsync();
        await npm.WaitForExitAsync();
        Assert.True(npm.ExitCode == 0, $"npm ended with {npm.ExitCode}:\n{await output}\n{faults}");
    }
}
