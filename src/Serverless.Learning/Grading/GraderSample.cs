using System.Text.Json;

namespace Serverless.Learning.Grading;

/// <summary>What a model answered, as graders see it: the <c>sample</c> of their templates.</summary>
/// <param name="OutputText">The text of the answer, <c>sample.output_text</c>; parsed as JSON it is <c>sample.output_json</c>.</param>
/// <param name="OutputTools">The array of tool calls in the form of a chat completion's message, <c>sample.output_tools</c>; null is an empty one.</param>
public sealed record GraderSample(string OutputText, JsonElement? OutputTools = null)
{
    /// <summary>False where nothing was answered, which is not the same as an empty answer: a grader that looks at the text cannot grade it.</summary>
    public bool HasOutputText { get; init; } = true;
}
