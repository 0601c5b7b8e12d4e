namespace Serverless.Api.Tests;

/// <summary>Where the sources lie that these tests were built from.</summary>
internal static class RepositoryFolder
{
    /// <summary>The folder of the dashboard's files, below src.</summary>
    public static string Dashboard => Path.Combine(Root(), "src", "Serverless.Api", "Dashboard");

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Serverless.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("no folder above the tests holds Serverless.sln");
        return folder;
    }
}
