using System.Text.Json;
using Serverless.Learning.Text;

namespace Serverless.Learning.Data;

/// <summary>
/// Lines of a preference data set: <c>input.messages</c>, with one assistant message each in <c>preferred_output</c> and
/// <c>non_preferred_output</c> (or <c>…_completion</c>).
/// </summary>
internal sealed class PreferenceLineParser(string fileName, FaultList faults) : LineParser(fileName, faults)
{
    protected override DatasetExample? ParseExample(JsonPlace root, JsonElement line, int number)
    {
        var preferred = ParseAnswer(root, line, "preferred");
        var nonPreferred = ParseAnswer(root, line, "non_preferred");
        if (root.Required(line, "input", JsonValueKind.Object, "an object with messages") is not { } input)
            return null;
        var place = root.At("input");
        var tools = place.Optional(input, "tools", JsonValueKind.Array, "an array of tools");
        if (place.Required(input, "messages", JsonValueKind.Array, "an array of messages") is not { } list)
            return null;
        if (ParseMessages(place.At("messages"), list) is not { } messages || preferred is null || nonPreferred is null)
            return null;
        if (messages[^1].Role == "assistant")
            place.At("messages").At(messages.Count - 1).At("role").Fault("found \"assistant\" in the last message; allowed: user or tool, which the two outputs answer");
        return new PreferenceExample(number, messages, preferred, nonPreferred, tools?.Clone());
    }

    private static ChatMessage? ParseAnswer(JsonPlace root, JsonElement line, string which)
    {
        const string allowed = "an array of one assistant message";
        var name = !line.TryGetProperty($"{which}_output", out _) && line.TryGetProperty($"{which}_completion", out _)
            ? $"{which}_completion"
            : $"{which}_output";
        if (root.Required(line, name, JsonValueKind.Array, allowed) is not { } list)
            return null;
        var place = root.At(name);
        if (list.GetArrayLength() != 1)
        {
            place.Fault($"found {list.GetArrayLength()} messages; allowed: one assistant message");
            return null;
        }
        if (ChatMessageParser.Parse(place.At(0), list[0]) is not { } answer)
            return null;
        if (answer.Role != "assistant")
            place.At(0).At("role").Fault($"found \"{answer.Role}\"; allowed: assistant");
        else if (answer.Weight == 0)
            place.At(0).At("weight").Fault("found 0; allowed: 1, or none");
        return answer;
    }
}
