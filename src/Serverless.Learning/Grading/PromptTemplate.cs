using System.Text.Json;
using Serverless.Learning.Data;
using Serverless.Learning.Grading.Templates;
using Serverless.Learning.Text;

namespace Serverless.Learning.Grading;

/// <summary>
/// The conversation that a model is asked to continue for each item of a data set, as OpenAI's evals describe it: messages with templates
/// (<c>{type: template, template: […]}</c>), or a key of the item that holds messages (<c>{type: item_reference, item_reference: "item.messages"}</c>).
/// </summary>
public sealed class PromptTemplate
{
    private const string TemplateRemedy = "an array of messages, each with role and content";
    private static readonly GraderAnswer[] NoAnswers = [];

    private readonly IReadOnlyList<(string Role, TextTemplate Content)> _messages;
    private readonly string? _key;

    private PromptTemplate(IReadOnlyList<(string Role, TextTemplate Content)> messages, string? key) => (_messages, _key) = (messages, key);

    /// <summary>Reads and validates <c>input_messages</c>.</summary>
    /// <param name="path">Where it stands in the request; faults are named from there.</param>
    /// <exception cref="InputError">All that is wrong with it, one fault a line.</exception>
    public static PromptTemplate Parse(JsonElement json, string path)
    {
        var faults = new FaultList();
        var template = Read(new JsonPlace("", path, faults), json);
        return FaultList.Message(faults.Listed, faults.Count) is { } message ? throw new InputError(message, path, "invalid_value") : template!;
    }

    /// <summary>The messages for one item.</summary>
    /// <exception cref="InputError">The item does not have what the template names.</exception>
    public IReadOnlyList<ChatMessage> Render(JsonElement item)
    {
        if (_key is not null)
            return Referred(item);
        var context = new GradingContext(item, new GraderSample(""), NoAnswers);
        return [.. _messages.Select((message, at) => message.Content.TryRender(context, $"input_messages[{at}].content", out var text, out var fault)
            ? new ChatMessage { Role = message.Role, Content = text }
            : throw new InputError(fault!.Message))];
    }

    private static PromptTemplate? Read(JsonPlace place, JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            place.Fault($"found {JsonPlace.Describe(json)}; allowed: an object of the type template or item_reference");
            return null;
        }
        switch (place.Required(json, "type", JsonValueKind.String, "template, item_reference")?.GetString())
        {
            case null:
                return null;
            case "template":
                return ReadTemplate(place, json);
            case "item_reference":
                var reference = place.Required(json, "item_reference", JsonValueKind.String, "a key of the item, such as item.messages")?.GetString();
                if (reference is null || (reference.StartsWith("item.", StringComparison.Ordinal) && reference.Length > 5))
                    return new PromptTemplate([], reference?[5..]);
                place.At("item_reference").Fault($"found \"{reference}\"; allowed: a key of the item, such as item.messages");
                return null;
            case var other:
                place.At("type").Fault($"found \"{other}\"; allowed: template, item_reference");
                return null;
        }
    }

    private static PromptTemplate? ReadTemplate(JsonPlace place, JsonElement json)
    {
        if (place.Required(json, "template", JsonValueKind.Array, TemplateRemedy) is not { } array)
            return null;
        var here = place.At("template");
        if (array.GetArrayLength() == 0)
            here.Fault($"found an empty array; allowed: {TemplateRemedy}");
        var messages = array.EnumerateArray().Select((message, at) => ModelGraderReader.Message(here.At(at), message)).ToList();
        return messages.Contains(null) ? null : new PromptTemplate([.. messages.Select(message => message!.Value)], null);
    }

    /// <summary>The messages that stand in the item itself, up to the answer if it ends with one.</summary>
    private List<ChatMessage> Referred(JsonElement item)
    {
        var faults = new FaultList();
        var place = new JsonPlace("", "item", faults);
        var messages = new List<ChatMessage>();
        if (place.Required(item, _key!, JsonValueKind.Array, TemplateRemedy) is { } array)
            messages = [.. array.EnumerateArray().Select((message, at) => ReadMessage(place.At(_key!).At(at), message))];
        if (faults.ToError() is { } error)
            throw error;
        while (messages.Count > 0 && messages[^1].Role == "assistant")
            messages.RemoveAt(messages.Count - 1);
        return messages.Count > 0 ? messages : throw new InputError($"item.{_key}: found no message before the answer; allowed: {TemplateRemedy}");
    }

    private static ChatMessage ReadMessage(JsonPlace place, JsonElement message)
    {
        if (message.ValueKind != JsonValueKind.Object)
        {
            place.Fault($"found {JsonPlace.Describe(message)}; allowed: a message with role and content");
            return new ChatMessage { Role = "" };
        }
        return new ChatMessage
        {
            Role = place.Required(message, "role", JsonValueKind.String, "the role of a message")?.GetString() ?? "",
            Content = place.Required(message, "content", JsonValueKind.String, "the text of a message")?.GetString(),
        };
    }
}
