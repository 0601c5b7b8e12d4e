using System.Text.Json;
using Serverless.Learning.Text.ToolCalls;

namespace Serverless.Service.Inference;

/// <summary>Tools that a model is offered.</summary>
/// <param name="Wire">The array as it came, which the chat template is given.</param>
/// <param name="Callable">Those that the model may call.</param>
/// <param name="IsForced">Whether it must call one of them.</param>
/// <param name="Several">Whether it may call more than one.</param>
public sealed record ChatTools(JsonElement Wire, IReadOnlyList<ToolDefinition> Callable, bool IsForced, bool Several);
