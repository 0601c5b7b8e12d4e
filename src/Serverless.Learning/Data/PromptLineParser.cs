using System.Text.Json;

namespace Serverless.Learning.Data;

/// <summary>Lines of a reinforcement data set: conversations whose last message is the user's, beside any keys for graders.</summary>
internal sealed class PromptLineParser(string fileName, FaultList faults) : LineParser(fileName, faults)
{
    protected override DatasetExample? ParseExample(JsonPlace root, JsonElement line, int number)
    {
        var tools = root.Optional(line, "tools", JsonValueKind.Array, "an array of tools");
        if (root.Required(line, "messages", JsonValueKind.Array, "an array of messages") is not { } list)
            return null;
        var place = root.At("messages");
        if (ParseMessages(place, list) is not { } messages)
            return null;
        if (messages[^1].Role is not ("user" or "tool"))
            place.At(messages.Count - 1).At("role").Fault($"found \"{messages[^1].Role}\" in the last message; allowed: user, whose message the model answers");
        return new PromptExample(number, messages, line.Clone(), tools?.Clone());
    }
}
