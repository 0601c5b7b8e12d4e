using Microsoft.Extensions.Configuration;
using Serverless.Functions.Settings;
using Serverless.Learning;

namespace Serverless.Functions.Tests.Settings;

public sealed class CloudSettingsReaderTests
{
    [Fact]
    public void Storage_is_the_hosts_with_a_connection_string()
    {
        var settings = Read(new() { ["AzureWebJobsStorage"] = "UseDevelopmentStorage=true" });
        Assert.Equal("UseDevelopmentStorage=true", settings.StorageAccount.ConnectionString);
        Assert.Equal(1, settings.TrainingSlots);
        Assert.Equal(240, settings.ChunkSeconds);
    }

    [Fact]
    public void Storage_is_the_hosts_with_a_managed_identity()
    {
        var settings = Read(new()
        {
            ["AzureWebJobsStorage__accountName"] = "mine", ["AzureWebJobsStorage__credential"] = "managedidentity", ["AzureWebJobsStorage__clientId"] = "an-id",
        });
        Assert.Null(settings.StorageAccount.ConnectionString);
        Assert.Equal("https://mine.blob.core.windows.net/", settings.StorageAccount.AccountUrl!.ToString());
        Assert.Equal("an-id", settings.StorageAccount.IdentityClientId);
    }

    [Fact]
    public void The_names_are_those_of_the_other_head()
    {
        var settings = Read(new()
        {
            ["SERVERLESS_CHUNK_SECONDS"] = "30", ["SERVERLESS_CHECKPOINT_SECONDS"] = "5", ["SERVERLESS_TRAINING_SLOTS"] = "3", ["SERVERLESS_KEYS"] = "sixteen-letters-a, sixteen-letters-b",
            ["SERVERLESS_ALLOWED_HOSTS"] = "api.example", ["SERVERLESS_DATA"] = "/scratch",
        });
        Assert.Equal((30, 5, 3), (settings.ChunkSeconds, settings.CheckpointSeconds, settings.TrainingSlots));
        Assert.Equal(["sixteen-letters-a", "sixteen-letters-b"], settings.Keys);
        Assert.Equal(["api.example"], settings.AllowedHosts);
        Assert.Equal(Path.Combine(Path.GetFullPath("/scratch"), "work"), settings.Pipeline().WorkFolder);
    }

    [Fact]
    public void All_faults_stand_in_one_message_with_their_places()
    {
        var error = Assert.Throws<InputError>(() => Read(new()
        {
            ["AZURE_FUNCTIONS_ENVIRONMENT"] = "Production", ["SERVERLESS_THREADS"] = "-1", ["SERVERLESS_TRAINING_SLOTS"] = "0", ["AzureWebJobsStorage"] = "nonsense",
        }));
        Assert.Equal(
            """
            settings: SERVERLESS_THREADS: found "-1"; allowed: a whole number from 0 to 1024
            settings: SERVERLESS_TRAINING_SLOTS: found "0"; allowed: a whole number from 1 to 1000
            settings: Keys: found none; an app that everyone can reach needs at least one
            settings: storage connection string: found one that Azure Storage cannot read; allowed: the one that the Azure portal shows under 'Access keys', or UseDevelopmentStorage=true
            """,
            error.Message);
    }

    [Fact]
    public void Another_account_than_the_hosts_is_refused()
    {
        var error = Assert.Throws<InputError>(() => Read(new()
        {
            ["AzureWebJobsStorage__accountName"] = "mine", ["SERVERLESS_STORAGE"] = "https://other.blob.core.windows.net",
        }));
        Assert.Equal(
            "settings: Storage: found https://other.blob.core.windows.net/; allowed: the account of AzureWebJobsStorage, https://mine.blob.core.windows.net/; "
            + "leave it out to use that",
            error.Message);
    }

    [Fact]
    public void The_hosts_account_may_be_named_again() => Assert.Equal(
        "https://mine.blob.core.windows.net/",
        Read(new() { ["AzureWebJobsStorage__accountName"] = "mine", ["SERVERLESS_STORAGE"] = "https://mine.blob.core.windows.net" })
            .StorageAccount.AccountUrl!.ToString());

    [Fact]
    public void A_reference_to_a_vault_that_was_not_resolved_is_no_secret()
    {
        var error = Assert.Throws<InputError>(() => Read(new()
        {
            ["SERVERLESS_KEYS"] = "@Microsoft.KeyVault(SecretUri=https://mine.vault.azure.net/secrets/api-keys)",
            ["SERVERLESS_WEBHOOKS"] = "@Microsoft.KeyVault(SecretUri=https://mine.vault.azure.net/secrets/webhooks)",
            ["AZURE_FUNCTIONS_ENVIRONMENT"] = "Production",
        }));
        Assert.Equal(
            """
            settings: SERVERLESS_KEYS: found a reference to a Key Vault that the platform has not resolved, not the secret; see that the app's identity may read it and that it exists, then restart the app
            settings: SERVERLESS_WEBHOOKS: found a reference to a Key Vault that the platform has not resolved, not the secret; see that the app's identity may read it and that it exists, then restart the app
            """,
            error.Message);
    }

    [Fact]
    public void No_storage_of_the_hosts_is_a_fault()
    {
        var error = Assert.Throws<InputError>(() => Read(new() { ["AzureWebJobsStorage"] = "", ["AzureWebJobsStorage__clientId"] = "an-id" }));
        Assert.Equal(
            "settings: AzureWebJobsStorage: found nothing; allowed: a connection string, or AzureWebJobsStorage__accountName or "
            + "AzureWebJobsStorage__blobServiceUri of an account that the app's identity may open; UseDevelopmentStorage=true for Azurite",
            error.Message);
    }

    [Theory]
    [InlineData("AzureWebJobsStorage__blobServiceUri", "mine.blob", "an address such as https://name.blob.core.windows.net")]
    [InlineData("AzureWebJobsStorage__accountName", "my account", "the name of a storage account")]
    public void An_address_that_is_none_is_a_fault(string variable, string value, string allowed)
    {
        var error = Assert.Throws<InputError>(() => Read(new() { [variable] = value }));
        Assert.Equal($"settings: {variable}: found \"{value}\"; allowed: {allowed}", error.Message);
    }

    private static CloudSettings Read(Dictionary<string, string> environment)
    {
        if (!environment.Keys.Any(name => name.StartsWith("AzureWebJobsStorage", StringComparison.Ordinal)))
            environment["AzureWebJobsStorage"] = "UseDevelopmentStorage=true";
        environment.TryAdd("AZURE_FUNCTIONS_ENVIRONMENT", "Development");
        return CloudSettingsReader.Read(new ConfigurationBuilder().Build(), environment);
    }
}
