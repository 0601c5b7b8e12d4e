using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Serverless.Api.StaticFiles;

namespace Serverless.Api.Dashboard;

/// <summary>The files of the pages, which are embedded in this assembly: plain modules, styles and the chart library, as they were written.</summary>
internal sealed class DashboardFiles
{
    private const string Prefix = "Dashboard/";
    private const string PageName = "index.html";
    private const string ReferenceName = "docs.html";

    /// <summary>What stands for the version in a page's references.</summary>
    private const string VersionMark = "/dashboard/@/";

    private static readonly FrozenDictionary<string, string> ContentTypes = new Dictionary<string, string>
    {
        [".html"] = "text/html; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
    }.ToFrozenDictionary();

    private readonly FrozenDictionary<string, StaticFile> _files;

    private DashboardFiles(FrozenDictionary<string, StaticFile> files, string version)
    {
        (_files, Version) = (files, version);
        (Page, Reference) = (Versioned(PageName), Versioned(ReferenceName));

        StaticFile Versioned(string name)
        {
            var page = Encoding.UTF8.GetString(files[name].In(null).Content).Replace(VersionMark, $"/dashboard/{version}/", StringComparison.Ordinal);
            return FileOf(name, Encoding.UTF8.GetBytes(page));
        }
    }

    /// <summary>The dashboard, whose references name the version.</summary>
    public StaticFile Page { get; }

    /// <summary>The page of the API's reference, whose references do so as well.</summary>
    public StaticFile Reference { get; }

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

    public StaticFile? Find(string name) => _files.GetValueOrDefault(name);

    private static StaticFile FileOf(string name, byte[] content) => new(content, ContentTypes[Path.GetExtension(name)]);

    private static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content))[..16];
}
