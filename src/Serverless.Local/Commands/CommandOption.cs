namespace Serverless.Local.Commands;

/// <summary>An option of a command, such as <c>--data FOLDER</c>.</summary>
/// <param name="Name">With its two dashes.</param>
/// <param name="Value">What stands for its value in the help; null for a switch without value.</param>
/// <param name="Meaning">One line for the help, with the default.</param>
internal sealed record CommandOption(string Name, string? Value, string Meaning);
