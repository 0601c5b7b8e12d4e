using System.Text.Json;
using Serverless.Learning.Text;
using Serverless.Learning.Text.ToolCalls;

namespace Serverless.Learning.Grading;

/// <summary>What a model answered, as graders see it: the <c>sample</c> of their templates.</summary>
/// <param name="OutputText">The text of the answer, <c>sample.output_text</c>; parsed as JSON it is <c>sample.output_json</c>.</param>
/// <param name="OutputTools">The array of tool calls in the form of a chat completion's message, <c>sample.output_tools</c>; null is an empty one.</param>
public sealed record GraderSample(string OutputText, JsonElement? OutputTools = null)
{
    /// <summary>A generated answer with the calls in it of the tools that were offered.</summary>
    /// <param name="tools">The array of tools, as sent; null for none.</param>
    public static GraderSample Of(ChatEncoder encoder, JsonElement? tools, string answer) =>
        new(answer, tools is null ? null : AnsweredCalls.ToJson(AnsweredCalls.Read(encoder, tools, answer)));

    /// <summary>False where nothing was answered, which is not the same as an empty answer: a grader that looks at the text cannot grade it.</summary>
    public bool HasOutputText { get; init; } = true;
}
