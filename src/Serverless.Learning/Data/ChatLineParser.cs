using System.Text.Json;

namespace Serverless.Learning.Data;

/// <summary>Lines of a chat data set: conversations whose last message is the assistant's.</summary>
internal sealed class ChatLineParser(string fileName, FaultList faults) : LineParser(fileName, faults)
{
    /// <summary>How many lines held a conversation, sound or not.</summary>
    public int Conversations { get; set; }

    /// <summary>How many assistant messages these conversations hold.</summary>
    public int AssistantMessages { get; set; }

    /// <summary>How many of those are trained on (their weight is not 0).</summary>
    public int TrainedMessages { get; set; }

    public override string? FileFault(int filled)
    {
        if (filled > 0 && filled == Conversations && AssistantMessages == 0)
            return $"{FileName}: found no assistant message; allowed: examples that end with one, because only assistant messages are learned";
        if (filled > 0 && filled == Conversations && TrainedMessages == 0)
            return $"{FileName}: found weight 0 on every assistant message; allowed: weight 1, or none, on those to be learned";
        return base.FileFault(filled);
    }

    protected override DatasetExample? ParseExample(JsonPlace root, JsonElement line, int number)
    {
        var tools = root.Optional(line, "tools", JsonValueKind.Array, "an array of tools");
        if (root.Required(line, "messages", JsonValueKind.Array, "an array of messages") is not { } list)
            return null;
        var place = root.At("messages");
        if (ParseMessages(place, list) is not { } messages)
            return null;
        Conversations++;
        AssistantMessages += messages.Count(message => message.Role == "assistant");
        TrainedMessages += messages.Count(message => message.IsTrained);
        if (messages[^1].Role != "assistant")
            place.At(messages.Count - 1).At("role").Fault($"found \"{messages[^1].Role}\" in the last message; allowed: assistant, whose answer is learned");
        return new ChatExample(number, messages, tools?.Clone());
    }
}
