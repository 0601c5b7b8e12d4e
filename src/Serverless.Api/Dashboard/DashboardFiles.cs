using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;

namespace Serverless.Api.Dashboard;

/// <summary>The files of the page, which are embedded in this assembly: plain modules, styles and the chart library, as they were written.</summary>
internal sealed class DashboardFiles
{
    private const string Prefix = "Dashboard/";
    private const string PageName = "index.html";

    /// <summary>What stands for the version in the page's references.</summary>
    private const string VersionMark = "/dashboard/@/";

    private static readonly FrozenDictionary<string, string> ContentTypes = new Dictionary<string, string>
    {
        [".html"] = "text/html; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
    }.ToFrozenDictionary();

    private readonly FrozenDictionary<string, DashboardFile> _files;

    private DashboardFiles(FrozenDictionary<string, DashboardFile> files, string version)
    {
        (_files, Version) = (files, version);
        var page = Encoding.UTF8.GetString(files[PageName].Content).Replace(VersionMark, $"/dashboard/{version}/", StringComparison.Ordinal);
        Page = FileOf(PageName, Encoding.UTF8.GetBytes(page));
    }

    /// <summary>The page, whose references name the version.</summary>
    public DashboardFile Page { get; }

    /// <summary>Changes with the content of any file.</summary>
    public string Version { get; }

    public static DashboardFiles Load()
    {
        var assembly = typeof(DashboardFiles).Assembly;
        var files = assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name =>
            {
                using var stream = assembly.GetManifestResourceStream(name)!;
                var content = new byte[stream.Length];
                stream.ReadExactly(content);
                return (Name: name[Prefix.Length..], Content: content);
            })
            .ToArray();
        return new DashboardFiles(
            files.ToFrozenDictionary(file => file.Name, file => FileOf(file.Name, file.Content)), Hash([.. files.SelectMany(file => file.Content)]));
    }

    public DashboardFile? Find(string name) => _files.GetValueOrDefault(name);

    private static DashboardFile FileOf(string name, byte[] content) => new(content, ContentTypes[Path.GetExtension(name)], $"\"{Hash(content)}\"");

    private static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content))[..16];
}
