using System.Text.Json;
using Serverless.Local.Azurite;

namespace Serverless.Local.Tests.Azurite;

public sealed class AzuritePackageTests
{
    [Fact]
    public void The_lock_file_pins_azurite_and_every_package_by_hash_and_names_no_registry_but_npms_own()
    {
        using var stream = typeof(AzuriteProcess).Assembly.GetManifestResourceStream("azurite/package-lock.json")!;
        var packages = JsonDocument.Parse(stream).RootElement.GetProperty("packages").EnumerateObject()
            .Where(package => package.Name.Length > 0).ToList();

        Assert.Equal("3.35.0", packages.Single(package => package.Name == "node_modules/azurite").Value.GetProperty("version").GetString());
        foreach (var package in packages)
        {
            Assert.StartsWith("sha512-", package.Value.GetProperty("integrity").GetString(), StringComparison.Ordinal);
            if (package.Value.TryGetProperty("resolved", out var resolved))
                Assert.StartsWith("https://registry.npmjs.org/", resolved.GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Two_that_need_it_at_once_install_it_once_with_visible_progress()
    {
        var cache = Directory.CreateTempSubdirectory("serverless-test-").FullName;
        try
        {
            var said = new List<string>();
            void Say(string line)
            {
                lock (said) said.Add(line);
            }

            var scripts = await Task.WhenAll(Enumerable.Range(0, 2).Select(
                _ => AzuritePackage.EnsureInstalledAsync(cache, Say, TestContext.Current.CancellationToken)));

            Assert.Equal(scripts[0], scripts[1]);
            Assert.True(File.Exists(scripts[0]));
            Assert.Equal($"Installing Azurite, the storage emulator, once: 374 packages, about 190 MB, into {Path.Combine(cache, "azurite")}", said[0]);
            Assert.Single(said, line => line.StartsWith("Installing", StringComparison.Ordinal));
            Assert.Single(said, line => line.StartsWith("  done in ", StringComparison.Ordinal));
        }
        finally
        {
            Directory.Delete(cache, recursive: true);
        }
    }
}
