using System.Xml.Linq;

namespace Serverless.Service.Tests.Architecture;

/// <summary>
/// Which project may know which: heads -> Api -> Service -> Learning, and heads never know each other. Learning alone has no
/// package of Azure, HTTP, dependency injection or configuration. Tests may know anything, and nobody knows tests.
/// </summary>
internal static class ProjectArrows
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Serverless.Learning"] = [],
        ["Serverless.Service"] = ["Serverless.Learning"],
        ["Serverless.Api"] = ["Serverless.Service"],
        ["Serverless.Functions"] = ["Serverless.Api", "Serverless.Service"],
        ["Serverless.Local"] = ["Serverless.Api", "Serverless.Service"],
    };

    /// <summary>The analyzer works at build time only: none of it reaches an output or a referencing project.</summary>
    private static readonly string[] LearningPackages = ["TorchSharp", "libtorch-cpu-", "Microsoft.CodeAnalysis.BannedApiAnalyzers"];

    /// <summary>What is wrong with a project file under src, one sentence each.</summary>
    /// <param name="project">Name without ending.</param>
    public static IEnumerable<string> Faults(string project, XDocument file)
    {
        if (!Allowed.TryGetValue(project, out var allowed))
        {
            yield return $"{project} is not in the design's table of projects";
            yield break;
        }
        foreach (var reference in Includes(file, "ProjectReference"))
        {
            var name = Path.GetFileNameWithoutExtension(reference.Replace('\\', '/'));
            if (!allowed.Contains(name))
                yield return $"{project} references {name}; allowed: {(allowed.Length == 0 ? "no project" : string.Join(", ", allowed))}";
        }
        if (project != "Serverless.Learning") yield break;
        foreach (var package in Includes(file, "PackageReference").Concat(Includes(file, "FrameworkReference")))
        {
            if (!LearningPackages.Any(prefix => package.StartsWith(prefix, StringComparison.Ordinal)))
                yield return $"{project} references the package {package}; allowed: {string.Join(", ", LearningPackages)}";
        }
    }

    private static IEnumerable<string> Includes(XDocument file, string element) =>
        file.Descendants(element).Select(e => (string?)e.Attribute("Include") ?? "").Where(include => include.Length > 0);
}
