using System.Diagnostics;

namespace Serverless.Api.Tests.Dashboard;

/// <summary>The page's modules that need no browser, tested by Node.js.</summary>
public sealed class PageModuleTests
{
    [Fact]
    public async Task Numbers_times_requests_and_addresses_are_written_as_modules_test_mjs_says()
    {
        var folder = Directory.CreateTempSubdirectory("serverless-page-").FullName;
        try
        {
            foreach (var module in Directory.GetFiles(Path.Combine(RepositoryFolder.Dashboard, "Page"), "*.js"))
                File.Copy(module, Path.Combine(folder, Path.GetFileName(module)));
            // Node.js takes a file for a module where its folder says so.
            await File.WriteAllTextAsync(Path.Combine(folder, "package.json"), """{"type":"module"}""");
            var start = new ProcessStartInfo("node", ["--test", Path.Combine(AppContext.BaseDirectory, "Dashboard", "modules.test.mjs")])
            {
                RedirectStandardOutput = true,
                Environment = { ["PAGE"] = new Uri(folder + Path.DirectorySeparatorChar).AbsoluteUri },
            };
            using var node = Process.Start(start)!;
            var output = await node.StandardOutput.ReadToEndAsync();
            await node.WaitForExitAsync();
            Assert.True(node.ExitCode == 0, output);
            Assert.Contains("# pass 18", output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
