namespace Serverless.Learning.Text.ToolCalls;

/// <summary>A call of a tool, as a model wrote it.</summary>
/// <param name="Arguments">JSON, as written.</param>
public sealed record ToolCall(string Name, string Arguments);
