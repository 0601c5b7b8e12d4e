using System.Text.RegularExpressions;
using Serverless.Service.Tests.Architecture;

namespace Serverless.Service.Tests.Infrastructure;

/// <summary>What the deployment and the app call by the same names.</summary>
public sealed partial class DeployedAppTests
{
    private static readonly string s_app = Path.Combine(RepositoryFolder.Root, "src", "Serverless.Functions");

    [Theory]
    [InlineData("hooks/postdeploy.sh", "\nfunction_name=", "\n")]
    [InlineData("hooks/postdeploy.ps1", "\n$functionName = '", "'")]
    public void The_hook_names_the_function_that_takes_drops(string hook, string before, string after)
    {
        Assert.SkipUnless(Directory.Exists(s_app), "there is no src/Serverless.Functions");
        var drops = Assert.Single(Sources(s_app), source => source.Contains("[BlobTrigger(\"datasets/{name}\"", StringComparison.Ordinal));
        var function = Assert.Single(Function().Matches(drops)).Groups[1].Value;
        var script = File.ReadAllText(Path.Combine(BicepFile.Folder, hook)).ReplaceLineEndings("\n");
        Assert.Contains(before + function + after, script, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_setting_that_is_given_to_the_app_is_one_that_it_reads()
    {
        Assert.SkipUnless(Directory.Exists(s_app), "there is no src/Serverless.Functions");
        var read = Sources(Path.Combine(RepositoryFolder.Root, "src"))
            .Where(source => SettingsRecord().IsMatch(source))
            .SelectMany(source => Property().Matches(source).Select(property => property.Groups[1].Value))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        var given = new[] { "modules/settings.bicep", "modules/flex.bicep", "modules/container.bicep" }
            .SelectMany(file => Given().Matches(BicepFile.Read(file).Text))
            .Select(name => name.Groups[1].Value.Replace("_", "", StringComparison.Ordinal))
            .ToHashSet();
        Assert.NotEmpty(given);
        Assert.Empty(given.Except(read, StringComparer.OrdinalIgnoreCase));
    }

    private static IEnumerable<string> Sources(string folder) =>
        Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Select(File.ReadAllText);

    [GeneratedRegex(@"\[Function\(""(\w+)""\)\]")]
    private static partial Regex Function();

    [GeneratedRegex(@"record (?:Service|Cloud)Settings\b")]
    private static partial Regex SettingsRecord();

    [GeneratedRegex(@"public [\w<>]+ (\w+) \{ get; init; \}")]
    private static partial Regex Property();

    [GeneratedRegex(@"\bSERVERLESS_([A-Z_]+)")]
    private static partial Regex Given();
}
