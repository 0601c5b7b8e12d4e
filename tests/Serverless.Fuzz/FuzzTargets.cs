using Serverless.Fuzz.Running;
using Serverless.Fuzz.Targets;

namespace Serverless.Fuzz;

/// <summary>Every parser that meets foreign bytes.</summary>
public static class FuzzTargets
{
    public static IReadOnlyList<FuzzTarget> All { get; } =
        [.. DatasetTargets.All, .. ModelTargets.All, .. TemplateTargets.All, .. GraderTargets.All, .. RequestTargets.All, .. ArchiveTargets.All, .. ServerTargets.All, .. SettingTargets.All];
}
