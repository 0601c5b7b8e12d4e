using Serverless.Service.Storage;

namespace Serverless.Tests.Shared;

/// <summary>The storage accounts that an Azurite started from here has besides its usual one, all with that one's key.</summary>
internal static class TestAccounts
{
    /// <summary>The account that every Azurite has.</summary>
    public const string Shared = "devstoreaccount1";

    private const int Count = 100;

    /// <summary>The name of the account with a number; after a hundred they begin anew, which prefixes allow.</summary>
    public static string Name(int number) => $"test{number % Count}";

    /// <summary>Names the accounts to every Azurite that this process starts from now on.</summary>
    public static void Declare()
    {
        var key = StorageSettings.DevelopmentStorageAt(0).Split(';').Single(part => part.StartsWith("AccountKey=", StringComparison.Ordinal))["AccountKey=".Length..];
        var names = Enumerable.Range(0, Count).Select(Name).Append(Shared);
        Environment.SetEnvironmentVariable("AZURITE_ACCOUNTS", string.Join(';', names.Select(name => $"{name}:{key}")));
    }
}
