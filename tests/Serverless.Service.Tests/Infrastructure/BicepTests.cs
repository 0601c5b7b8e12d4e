using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Azure.Storage.Blobs;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline;
using Serverless.Service.Storage;

namespace Serverless.Service.Tests.Infrastructure;

/// <summary>What can be said of the deployment from its text. Whether it compiles is another check, where the compiler is to be had.</summary>
public sealed class BicepTests
{
    [Fact]
    public void Every_file_is_reached_from_main_and_every_file_that_is_named_exists()
    {
        var reached = new HashSet<string>(StringComparer.Ordinal);
        var open = new Queue<string>(["main.bicep"]);
        while (open.TryDequeue(out var name))
        {
            if (reached.Add(name))
                foreach (var used in BicepFile.Read(name).Uses)
                    open.Enqueue(used);
        }
        Assert.Equal(BicepFile.All().Select(file => file.Name), reached.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_containers_are_those_that_the_service_uses()
    {
        var account = new BlobAccount(new BlobServiceClient(StorageSettings.DevelopmentStorage));
        var used = typeof(BlobAccount).GetProperties()
            .Where(property => property.PropertyType == typeof(BlobContainerClient))
            .Select(property => ((BlobContainerClient)property.GetValue(account)!).Name);
        Assert.Equal(used.Order(StringComparer.Ordinal), BicepFile.Read("modules/storage.bicep").Array("containers").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("modules/storage.bicep", "allowSharedKeyAccess: false")]
    [InlineData("modules/storage.bicep", "allowBlobPublicAccess: false")]
    [InlineData("modules/storage.bicep", "publicAccess: 'None'")]
    [InlineData("modules/monitoring.bicep", "DisableLocalAuth: true")]
    [InlineData("modules/registry.bicep", "adminUserEnabled: false")]
    [InlineData("modules/vault.bicep", "enableRbacAuthorization: true")]
    [InlineData("modules/flex.bicep", "httpsOnly: true")]
    [InlineData("modules/container.bicep", "allowInsecure: false")]
    public void Nothing_opens_by_a_key_or_without_encryption(string file, string line) =>
        Assert.Contains(line, BicepFile.Read(file).Text, StringComparison.Ordinal);

    [Fact]
    public void The_rules_for_old_blobs_begin_with_the_folders_of_jobs_and_of_noted_starts_and_touch_nothing_else()
    {
        var prefixes = Regex.Matches(BicepFile.Read("modules/storage.bicep").Text, @"prefixMatch: \[(.*)\]").Select(match => match.Groups[1].Value);
        Assert.Equal([$"'jobs/{JobId.Prefix}'", $"'jobs/{ActivityDeaths.Folder}'"], prefixes);
    }

    [Fact]
    public void The_parameter_file_gives_every_parameter_of_main()
    {
        using var file = JsonDocument.Parse(File.ReadAllText(Path.Combine(BicepFile.Folder, "main.parameters.json")));
        var given = file.RootElement.GetProperty("parameters").EnumerateObject().Select(parameter => parameter.Name);
        Assert.Equal(BicepFile.Read("main.bicep").Parameters.Order(StringComparer.Ordinal), given.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_page_about_the_deployment_explains_every_variable_of_the_parameter_file()
    {
        var page = File.ReadAllText(Path.Combine(BicepFile.Folder, "README.md"));
        var names = Regex.Matches(
            File.ReadAllText(Path.Combine(BicepFile.Folder, "main.parameters.json")), @"\$\{(SERVERLESS_\w+)");
        Assert.NotEmpty(names);
        Assert.All(names, name => Assert.Contains($"`{name.Groups[1].Value}`", page, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("requestsPerMinute", "int = 6000", "6000")]
    [InlineData("streamsPerCaller", "int = 64", "64")]
    [InlineData("threads", "int = 0", "0")]
    [InlineData("servedWeights", "string = 'stored'", "stored")]
    [InlineData("prefixCacheMB", "int = 256", "256")]
    public void What_every_head_knows_is_by_default_what_the_README_says(string parameter, string declared, string expected)
    {
        Assert.Contains($"param {parameter} {declared}\n", BicepFile.Read("main.bicep").Text.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        var readme = File.ReadAllText(Path.Combine(BicepFile.Folder, "..", "README.md"));
        Assert.Matches($@"\| `{char.ToUpperInvariant(parameter[0])}{parameter[1..]}` \| `SERVERLESS_\w+` \| \| `{expected}` \|", readme);
    }

    [Fact]
    public void A_container_shows_its_own_price_and_memory_not_those_of_Flex_Consumption()
    {
        using var file = JsonDocument.Parse(File.ReadAllText(Path.Combine(BicepFile.Folder, "cost", "prices.json")));
        decimal PriceOf(string name) => file.RootElement.GetProperty("prices").GetProperty(name).GetProperty("price").GetDecimal();
        // Consumption gives two gibibytes to a processor, whatever its size.
        var gigabyteSecond = PriceOf("containerGibibyteSecond") + PriceOf("containerProcessorSecond") / 2;

        var text = BicepFile.Read("modules/container.bicep").Text.ReplaceLineEndings("\n");

        Assert.Equal(gigabyteSecond, decimal.Parse(Regex.Match(text, "SERVERLESS_PRICE_PER_GB_SECOND: '([0-9.]+)'").Groups[1].Value, CultureInfo.InvariantCulture));
        Assert.Contains("name: 'SERVERLESS_INSTANCE_MEMORY_MB'\n                value: string(memoryGibibytes * 1024)\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_replicas_of_a_container_are_one_host_whose_id_the_Functions_host_takes()
    {
        Assert.Contains(
            "name: 'AzureFunctionsWebHost__hostid'\n                value: name\n", BicepFile.Read("modules/container.bicep").Text.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        var name = Regex.Match(BicepFile.Read("main.bicep").Text, @"^module container .*?^    name: '([^']+)'", RegexOptions.Multiline | RegexOptions.Singleline).Groups[1].Value;
        // A token is 13 characters long. An id has 1 to 32 small letters, digits and single dashes inside.
        Assert.Matches("^(?=.{1,32}$)[a-z0-9]+(-[a-z0-9]+)*$", name.Replace("${token}", new string('a', 13), StringComparison.Ordinal));
    }

    [Fact]
    public void The_month_in_which_the_budget_began_comes_back_with_the_next_deployment()
    {
        var main = BicepFile.Read("main.bicep").Text;
        Assert.Contains("output SERVERLESS_BUDGET_START string = budgetStart\n", main.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains("    startDate: budgetStart\n", main.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        using var file = JsonDocument.Parse(File.ReadAllText(Path.Combine(BicepFile.Folder, "main.parameters.json")));
        Assert.Equal(
            "${SERVERLESS_BUDGET_START}", file.RootElement.GetProperty("parameters").GetProperty("budgetStart").GetProperty("value").GetString());
        Assert.DoesNotContain("utcNow", BicepFile.Read("modules/budget.bicep").Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hooks/postdeploy.sh")]
    [InlineData("hooks/postdeploy.ps1")]
    public void The_hook_uses_only_what_main_puts_out_and_what_azd_gives(string hook)
    {
        var text = File.ReadAllText(Path.Combine(BicepFile.Folder, hook));
        var used = Regex.Matches(text, @"(?:AZURE|SERVERLESS)_[A-Z_]+").Select(name => name.Value).Distinct();
        var outputs = Regex.Matches(BicepFile.Read("main.bicep").Text, @"^output (\w+) ", RegexOptions.Multiline)
            .Select(output => output.Groups[1].Value);
        Assert.Empty(used.Except([.. outputs, "AZURE_SUBSCRIPTION_ID"]));
    }
}
