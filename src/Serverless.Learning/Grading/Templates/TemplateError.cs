namespace Serverless.Learning.Grading.Templates;

/// <summary>A text that is no template.</summary>
/// <param name="position">The character at fault, from 0.</param>
/// <param name="message">What was found and what is allowed.</param>
internal sealed class TemplateError(int position, string message) : Exception(message)
{
    public int Position { get; } = position;
}
