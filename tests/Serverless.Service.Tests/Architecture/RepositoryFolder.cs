namespace Serverless.Service.Tests.Architecture;

/// <summary>The checkout that these tests were built from.</summary>
internal static class RepositoryFolder
{
    /// <summary>The folder of Serverless.sln above the tests' output.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Serverless.sln"))) return folder.FullName;
        }
        throw new DirectoryNotFoundException($"No Serverless.sln in {AppContext.BaseDirectory} or above it.");
    }
}
