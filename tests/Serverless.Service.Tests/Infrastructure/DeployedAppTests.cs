using System.Globalization;
using System.Text.RegularExpressions;
using Serverless.Service.Tests.Architecture;

namespace Serverless.Service.Tests.Infrastructure;

/// <summary>What the deployment and the app call by the same names.</summary>
public sealed partial class DeployedAppTests
{
    private static readonly string s_app = Path.Combine(RepositoryFolder.Root, "src", "Serverless.Functions");

    [Theory]
    [InlineData("hooks/postdeploy.sh")]
    [InlineData("hooks/postdeploy.ps1")]
    public void The_hook_names_the_functions_that_take_drops_and_their_containers(string hook)
    {
        Assert.SkipUnless(Directory.Exists(s_app), "there is no src/Serverless.Functions");
        var drops = Sources(s_app).Where(source => Trigger().IsMatch(source))
            .Select(source => $"{Assert.Single(Function().Matches(source)).Groups[1].Value}:{Trigger().Match(source).Groups[1].Value}").Order().ToList();
        Assert.Equal(["Drop:datasets", "ModelDrop:models"], drops);
        var script = File.ReadAllText(Path.Combine(BicepFile.Folder, hook));
        Assert.Equal(drops, Pair().Matches(script).Select(pair => pair.Value).Order());
    }

    [Fact]
    public void Every_setting_that_is_given_to_the_app_is_one_that_it_reads()
    {
        Assert.SkipUnless(Directory.Exists(s_app), "there is no src/Serverless.Functions");
        var read = Sources(Path.Combine(RepositoryFolder.Root, "src"))
            .Where(source => SettingsRecord().IsMatch(source))
            .SelectMany(source => Property().Matches(source).Select(property => property.Groups[1].Value))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        var given = new[] { "modules/settings.bicep", "modules/flex.bicep", "modules/container.bicep", "modules/vault.bicep" }
            .SelectMany(Names)
            .Select(name => name.Replace("_", "", StringComparison.Ordinal))
            .ToHashSet();
        Assert.NotEmpty(given);
        Assert.Empty(given.Except(read, StringComparer.OrdinalIgnoreCase));
    }

    [Fact]
    public void Settings_that_hold_secrets_are_given_by_the_vault_alone()
    {
        string[] secret = ["KEYS", "TEACHERS", "WEBHOOKS"];
        Assert.Equal(secret, Names("modules/vault.bicep").Order());
        foreach (var file in new[] { "modules/settings.bicep", "modules/flex.bicep", "modules/container.bicep" })
            Assert.Empty(Names(file).Intersect(secret));
    }

    [Fact]
    public void The_container_takes_bodies_as_large_as_the_deployment_says()
    {
        var factors = Body().Match(BicepFile.Read("modules/settings.bicep").Text);
        Assert.True(factors.Success, "settings.bicep gives no FUNCTIONS_REQUEST_BODY_SIZE_LIMIT");
        var bytes = factors.Groups[1].Value.Split('*').Aggregate(1L, (product, factor) => product * long.Parse(factor, CultureInfo.InvariantCulture));
        var limit = $"FUNCTIONS_REQUEST_BODY_SIZE_LIMIT={bytes.ToString(CultureInfo.InvariantCulture)} ";
        Assert.Contains(limit, File.ReadAllText(Path.Combine(BicepFile.Folder, "Dockerfile")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_container_has_a_host_name_without_which_Durable_hands_out_no_client()
    {
        Assert.Contains("WEBSITE_HOSTNAME=localhost:8080 ", File.ReadAllText(Path.Combine(BicepFile.Folder, "Dockerfile")), StringComparison.Ordinal);
        Assert.Matches(@"name: 'WEBSITE_HOSTNAME'\n\s+value: '\$\{name\}\.\$\{environment\.properties\.defaultDomain\}'", BicepFile.Read("modules/container.bicep").Text);
    }

    [Fact]
    public void A_replica_is_given_longer_to_end_than_the_app_waits_for_its_activities()
    {
        Assert.SkipUnless(Directory.Exists(s_app), "there is no src/Serverless.Functions");
        var waits = Assert.Single(Sources(s_app).SelectMany(source => LongestWait().Matches(source)));
        var given = Grace().Match(BicepFile.Read("modules/container.bicep").Text);
        Assert.InRange(Seconds(waits), 1, Seconds(given) - 1);
    }

    private static int Seconds(Match match) => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);

    /// <summary>The settings that a file gives, without the prefix of their variables.</summary>
    private static IEnumerable<string> Names(string file) => Given().Matches(BicepFile.Read(file).Text).Select(name => name.Groups[1].Value);

    private static IEnumerable<string> Sources(string folder) =>
        Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Select(File.ReadAllText);

    [GeneratedRegex(@"\[Function\(""(\w+)""\)\]")]
    private static partial Regex Function();

    [GeneratedRegex(@"\[BlobTrigger\(""(\w+)/\{name\}""")]
    private static partial Regex Trigger();

    [GeneratedRegex(@"\b\w*Drop:\w+")]
    private static partial Regex Pair();

    [GeneratedRegex(@"record (?:Service|Cloud)Settings\b")]
    private static partial Regex SettingsRecord();

    [GeneratedRegex(@"public [\w<>]+ (\w+) \{ get; init; \}")]
    private static partial Regex Property();

    [GeneratedRegex(@"FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '\$\{([\d *]+)\}'")]
    private static partial Regex Body();

    [GeneratedRegex(@"LongestWait = TimeSpan\.FromSeconds\((\d+)\)")]
    private static partial Regex LongestWait();

    [GeneratedRegex(@"terminationGracePeriodSeconds: (\d+)")]
    private static partial Regex Grace();

    [GeneratedRegex(@"\bSERVERLESS_([A-Z_]+)")]
    private static partial Regex Given();
}
