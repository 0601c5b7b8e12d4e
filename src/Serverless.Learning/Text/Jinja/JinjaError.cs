namespace Serverless.Learning.Text.Jinja;

/// <summary>A fault of a template or of what it is given. The template that is rendered adds its name and the line.</summary>
internal sealed class JinjaError(string message) : Exception(message);
