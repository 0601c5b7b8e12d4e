using System.Collections.Immutable;

namespace Serverless.Local.Commands;

/// <summary>One command of the command line.</summary>
internal interface ICommand
{
    /// <summary>The word that calls it.</summary>
    string Name { get; }

    /// <summary>One line for the help.</summary>
    string Summary { get; }

    /// <summary>The options it takes.</summary>
    ImmutableArray<CommandOption> Options { get; }

    /// <summary>Runs it.</summary>
    /// <returns>The exit code of the process.</returns>
    Task<int> RunAsync(CommandArguments arguments, CancellationToken ct);
}
