using System.Collections.Immutable;

namespace Serverless.Local.Commands;

/// <summary>One command of the command line.</summary>
internal interface ICommand
{
    /// <summary>The word that calls it, or two with a space between them.</summary>
    string Name { get; }

    /// <summary>What stands in the help for the word that it takes besides options; null: it takes none.</summary>
    string? Operand => null;

    /// <summary>One line for the help.</summary>
    string Summary { get; }

    /// <summary>The options it takes.</summary>
    ImmutableArray<CommandOption> Options { get; }

    /// <summary>Runs it.</summary>
    /// <returns>The exit code of the process.</returns>
    Task<int> RunAsync(CommandArguments arguments, CancellationToken ct);
}
