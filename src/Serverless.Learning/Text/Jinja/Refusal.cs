namespace Serverless.Learning.Text.Jinja;

/// <summary>The template called <c>raise_exception</c>: it refuses the conversation, in its own words.</summary>
internal sealed class Refusal(string message) : Exception(message);
