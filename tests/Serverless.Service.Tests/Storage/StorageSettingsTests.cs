using Serverless.Learning;
using Serverless.Service.Storage;

namespace Serverless.Service.Tests.Storage;

public sealed class StorageSettingsTests
{
    [Theory]
    [InlineData(null, true)]
    [InlineData("UseDevelopmentStorage=true", true)]
    [InlineData("UseDevelopmentStorage=true;", true)]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=Zm9v;EndpointSuffix=core.windows.net", false)]
    public void Development_storage_is_what_nothing_else_was_given_for(string? connectionString, bool development)
    {
        var settings = new StorageSettings { ConnectionString = connectionString };

        settings.Validate();

        Assert.Equal(development, settings.IsDevelopmentStorage);
    }

    [Fact]
    public void An_account_url_is_opened_with_the_identity_at_hand()
    {
        var account = BlobAccountFactory.Open(new StorageSettings { AccountUrl = new("https://name.blob.core.windows.net"), ContainerPrefix = "a-" });

        Assert.Equal("https://name.blob.core.windows.net/a-jobs", account.Jobs.Uri.AbsoluteUri);
    }

    [Fact]
    public void Every_fault_is_named_at_once()
    {
        var settings = new StorageSettings { ConnectionString = "nonsense", AccountUrl = new("ftp://x"), ContainerPrefix = "Ä_" };

        var fault = Assert.Throws<InputError>(() => BlobAccountFactory.Open(settings));

        Assert.Equal(
            """
            storage: found a connection string and an account URL; allowed: one of them
            storage account URL: found 'ftp://x/'; allowed: an address such as https://name.blob.core.windows.net
            storage connection string: found one that Azure Storage cannot read; allowed: the one that the Azure portal shows under 'Access keys', or UseDevelopmentStorage=true
            storage container prefix: found 'Ä_'; allowed: at most 40 lower-case letters, digits and hyphens
            """, fault.Message);
    }
}
