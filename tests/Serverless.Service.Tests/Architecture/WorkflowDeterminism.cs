using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Serverless.Service.Tests.Architecture;

/// <summary>
/// Reads the syntax of workflow code, which is run again from the top after every restart and must then decide as before: no clock,
/// no new ids, no randomness, no I/O, no threads or timers of its own, no state of the process.
/// </summary>
internal static class WorkflowDeterminism
{
    /// <summary>Types that have no place in a workflow at all.</summary>
    private static readonly HashSet<string> Types =
    [
        "Random", "RandomNumberGenerator", "Stopwatch", "TimeProvider", "Timer", "PeriodicTimer", "Thread", "ThreadPool", "Parallel",
        "Environment", "Console", "File", "FileInfo", "Directory", "DirectoryInfo", "FileStream", "MemoryMappedFile", "Process", "HttpClient",
        "Socket", "Task.Factory", "SemaphoreSlim", "Mutex", "Monitor", "Interlocked", "AsyncLocal", "ThreadLocal", "ConcurrentDictionary",
        "CancellationTokenSource",
    ];

    /// <summary>Members that read a clock, make an id or leave the workflow's own thread.</summary>
    private static readonly HashSet<string> Members =
    [
        "DateTime.Now", "DateTime.UtcNow", "DateTime.Today", "DateTimeOffset.Now", "DateTimeOffset.UtcNow", "Guid.NewGuid", "Guid.CreateVersion7",
        "Task.Run", "Task.Delay", "Task.Yield", "Task.WhenAll", "Task.WhenAny", "Task.Factory",
    ];

    /// <summary>Namespaces whose use means I/O.</summary>
    private static readonly string[] Namespaces = ["System.IO", "System.Net", "System.Diagnostics", "Azure.", "TorchSharp", "Microsoft.Data"];

    /// <summary>Whether a source file declares a class that implements <c>IWorkflow</c>.</summary>
    public static bool HoldsWorkflow(string source) => CSharpSyntaxTree.ParseText(source).GetRoot().DescendantNodes()
        .OfType<ClassDeclarationSyntax>()
        .Any(type => type.BaseList?.Types.Any(parent => parent.Type is GenericNameSyntax { Identifier.Text: "IWorkflow" }) is true);

    /// <summary>One sentence for each banned construct of a source file.</summary>
    /// <param name="place">How messages call the file.</param>
    public static IEnumerable<string> Faults(string source, string place)
    {
        var root = CSharpSyntaxTree.ParseText(source).GetRoot();
        foreach (var node in root.DescendantNodes())
        {
            if (Found(node) is { } found)
                yield return $"{place} line {node.GetLocation().GetLineSpan().StartLinePosition.Line + 1}: found '{found}'; workflow code is run again and must decide as before";
        }
    }

    private static string? Found(SyntaxNode node) => node switch
    {
        UsingDirectiveSyntax { Name: { } name } when Namespaces.Any(n => name.ToString().StartsWith(n, StringComparison.Ordinal)) => $"using {name}",
        MemberAccessExpressionSyntax { Name.Identifier.Text: "ConfigureAwait" } => "ConfigureAwait",
        MemberAccessExpressionSyntax access when Members.Contains(LastTwo(access)) => LastTwo(access),
        SimpleNameSyntax name when Types.Contains(name.Identifier.Text) && !IsMemberOfAnother(name) => name.Identifier.Text,
        LockStatementSyntax => "lock",
        _ => null,
    };

    /// <summary><c>System.DateTime.Now</c> and <c>DateTime.Now</c> are the same.</summary>
    private static string LastTwo(MemberAccessExpressionSyntax access)
    {
        var owner = access.Expression switch
        {
            MemberAccessExpressionSyntax inner => inner.Name.Identifier.Text,
            SimpleNameSyntax name => name.Identifier.Text,
            _ => "",
        };
        return $"{owner}.{access.Name.Identifier.Text}";
    }

    /// <summary>A property that happens to be called like a type, such as <c>input.File</c>, is none.</summary>
    private static bool IsMemberOfAnother(SimpleNameSyntax name) =>
        name.Parent is MemberAccessExpressionSyntax access && access.Name == name && !access.Expression.ToString().StartsWith("System", StringComparison.Ordinal)
        || name.Parent is NameColonSyntax or NameEqualsSyntax or MemberBindingExpressionSyntax
        || name.Parent is AssignmentExpressionSyntax { Parent: InitializerExpressionSyntax } assignment && assignment.Left == name;
}
