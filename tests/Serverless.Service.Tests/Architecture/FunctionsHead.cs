using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Serverless.Service.Tests.Architecture;

/// <summary>
/// Reads the syntax of the Functions head, whose packages are not at hand everywhere: a function for each workflow and activity of the
/// service, and nothing in a function but binding and forwarding.
/// </summary>
internal static class FunctionsHead
{
    private const int MostStatements = 5;

    /// <summary>Namespaces that have no place in a file with functions.</summary>
    private static readonly string[] Learning = ["TorchSharp", "Serverless.Learning"];

    /// <summary>What the adapter alone may use: it waits for an event or a timer of the engine, and calls the timer off.</summary>
    private static readonly string[] AdaptersOwn = ["'Task.WhenAny'", "'CancellationTokenSource'"];

    /// <summary>The names of the classes in the sources that implement an interface such as <c>IWorkflow</c>.</summary>
    public static IEnumerable<string> Implementations(IEnumerable<string> sources, string @interface) => sources
        .SelectMany(source => Root(source).DescendantNodes().OfType<ClassDeclarationSyntax>())
        .Where(type => type.BaseList?.Types.Any(parent => parent.Type is GenericNameSyntax name && name.Identifier.Text == @interface) is true)
        .Select(type => type.Identifier.Text);

    /// <summary>The names of the functions in the sources that have a parameter with an attribute such as <c>ActivityTrigger</c>.</summary>
    public static IEnumerable<string> Functions(IEnumerable<string> sources, string trigger) => sources
        .SelectMany(source => FunctionsOf(Root(source)))
        .Where(method => method.ParameterList.Parameters.Any(parameter => Has(parameter.AttributeLists, trigger)))
        .Select(NameOf);

    /// <summary>One sentence for each thing in a source file's functions that is more than binding and forwarding.</summary>
    /// <param name="place">How messages call the file.</param>
    public static IEnumerable<string> Faults(string source, string place)
    {
        var root = Root(source);
        var functions = FunctionsOf(root).ToList();
        if (functions.Count == 0)
            yield break;
        foreach (var name in root.DescendantNodes().OfType<UsingDirectiveSyntax>().Select(directive => directive.Name?.ToString() ?? ""))
            if (Learning.Any(prefix => name == prefix || name.StartsWith(prefix + ".", StringComparison.Ordinal)))
                yield return $"{place}: found 'using {name}'; a function holds no training logic";
        foreach (var method in functions)
        {
            if (method.DescendantNodes().OfType<StatementSyntax>().Count(statement => statement is not BlockSyntax) is > MostStatements and var count)
                yield return $"{place}, {NameOf(method)}: found {count} statements; allowed: at most {MostStatements}, a function binds and forwards";
            foreach (var decision in method.DescendantNodes().Where(IsDecision))
                yield return $"{place}, {NameOf(method)}: found a {decision.Kind()}; a function binds and forwards, decisions are the service's";
        }
    }

    /// <summary>One sentence for each thing in an orchestrator's or the adapter's source file that would make a replay differ.</summary>
    /// <param name="place">How messages call the file.</param>
    public static IEnumerable<string> ReplayFaults(string source, string place)
    {
        var root = Root(source);
        var adapts = root.DescendantNodes().OfType<BaseTypeSyntax>().Any(parent => parent.Type.ToString() == "IWorkflowContext");
        var orchestrates = FunctionsOf(root).Any(method => method.ParameterList.Parameters.Any(p => Has(p.AttributeLists, "OrchestrationTrigger")));
        if (!adapts && !orchestrates)
            return [];
        return WorkflowDeterminism.Faults(source, place).Where(fault => !adapts || !AdaptersOwn.Any(own => fault.Contains(own, StringComparison.Ordinal)));
    }

    private static bool IsDecision(SyntaxNode node) =>
        node is IfStatementSyntax or ForStatementSyntax or ForEachStatementSyntax or WhileStatementSyntax or DoStatementSyntax or SwitchStatementSyntax
            or SwitchExpressionSyntax or ConditionalExpressionSyntax or TryStatementSyntax;

    private static IEnumerable<MethodDeclarationSyntax> FunctionsOf(SyntaxNode root) =>
        root.DescendantNodes().OfType<MethodDeclarationSyntax>().Where(method => Has(method.AttributeLists, "Function"));

    /// <summary>The text in <c>[Function("name")]</c>, or the type in <c>[Function(nameof(Type))]</c>.</summary>
    private static string NameOf(MethodDeclarationSyntax method)
    {
        var argument = method.AttributeLists.SelectMany(list => list.Attributes).First(attribute => IsNamed(attribute, "Function"))
            .ArgumentList!.Arguments[0].Expression;
        return argument is InvocationExpressionSyntax { ArgumentList.Arguments: [var type] } ? type.ToString() : argument.ToString().Trim('"');
    }

    private static bool Has(SyntaxList<AttributeListSyntax> attributes, string name) =>
        attributes.SelectMany(list => list.Attributes).Any(attribute => IsNamed(attribute, name));

    private static bool IsNamed(AttributeSyntax attribute, string name) => attribute.Name.ToString() == name;

    private static SyntaxNode Root(string source) => CSharpSyntaxTree.ParseText(source).GetRoot();
}
