using System.Text.Json;
using Serverless.Learning.Text;

namespace Serverless.Learning.Data;

/// <summary>
/// Lines with <c>prompt</c> and <c>completion</c>, each a conversation of a user's message and the assistant's answer: that is how the model
/// will be asked.
/// </summary>
internal sealed class CompletionLineParser(string fileName, FaultList faults) : LineParser(fileName, faults)
{
    protected override DatasetExample? ParseExample(JsonPlace root, JsonElement line, int number)
    {
        var prompt = root.Required(line, "prompt", JsonValueKind.String, "a string");
        var completion = root.Required(line, "completion", JsonValueKind.String, "a string");
        return prompt is null || completion is null ? null : new ChatExample(
            number,
            [
                new ChatMessage { Role = "user", Content = prompt.Value.GetString() },
                new ChatMessage { Role = "assistant", Content = completion.Value.GetString() },
            ]);
    }
}
