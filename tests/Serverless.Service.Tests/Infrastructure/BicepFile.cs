using System.Text.RegularExpressions;
using Serverless.Service.Tests.Architecture;

namespace Serverless.Service.Tests.Infrastructure;

/// <summary>A Bicep file of <c>infra</c>, read as text.</summary>
internal sealed partial class BicepFile
{
    private BicepFile(string path)
    {
        Name = Path.GetRelativePath(Folder, path).Replace('\\', '/');
        Text = File.ReadAllText(path);
        _path = path;
    }

    private readonly string _path;

    /// <summary>The folder <c>infra</c> of the checkout.</summary>
    public static string Folder { get; } = Path.Combine(RepositoryFolder.Root, "infra");

    /// <summary>The path within <c>infra</c>, with slashes.</summary>
    public string Name { get; }

    public string Text { get; }

    /// <summary>The paths within <c>infra</c> of the files that this one uses or takes types and functions from.</summary>
    public IEnumerable<string> Uses => UseOfAFile().Matches(Text).Select(use =>
        Path.GetRelativePath(Folder, Path.Combine(Path.GetDirectoryName(_path)!, use.Groups[1].Value)).Replace('\\', '/'));

    /// <summary>The names of its parameters.</summary>
    public IEnumerable<string> Parameters => Parameter().Matches(Text).Select(parameter => parameter.Groups[1].Value);

    /// <summary>The strings of the array <paramref name="variable"/>, one a line.</summary>
    public IReadOnlyList<string> Array(string variable)
    {
        var array = Regex.Match(Text, $@"^var {variable} = \[$(.*?)^\]$", RegexOptions.Multiline | RegexOptions.Singleline);
        Assert.True(array.Success, $"{Name} has no array {variable}");
        return [.. QuotedLine().Matches(array.Groups[1].Value).Select(line => line.Groups[1].Value)];
    }

    /// <summary>One of the files.</summary>
    public static BicepFile Read(string name) => new(Path.Combine(Folder, name));

    /// <summary>All of them.</summary>
    public static IReadOnlyList<BicepFile> All() =>
        [.. Directory.GetFiles(Folder, "*.bicep", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(path => new BicepFile(path))];

    [GeneratedRegex(@"^(?:module \w+ |import .* from )'([^']+)'", RegexOptions.Multiline)]
    private static partial Regex UseOfAFile();

    [GeneratedRegex(@"^param (\w+) ", RegexOptions.Multiline)]
    private static partial Regex Parameter();

    [GeneratedRegex(@"^\s*'([^']+)'\s*$", RegexOptions.Multiline)]
    private static partial Regex QuotedLine();
}
