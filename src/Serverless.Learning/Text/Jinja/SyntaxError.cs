namespace Serverless.Learning.Text.Jinja;

/// <summary>A template that cannot be parsed, with the line of the fault, from 1.</summary>
internal sealed class SyntaxError(int line, string message) : Exception(message)
{
    public int Line { get; } = line;
}
