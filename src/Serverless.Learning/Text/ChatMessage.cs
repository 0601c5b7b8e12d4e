using System.Text.Json;

namespace Serverless.Learning.Text;

/// <summary>One message of a conversation, as the chat template sees it and as a line of a chat data set holds it.</summary>
public sealed record ChatMessage
{
    /// <summary>system, developer, user, assistant, tool or function.</summary>
    public required string Role { get; init; }

    /// <summary>The text, or null where an assistant's message consists of tool calls only.</summary>
    public string? Content { get; init; }

    /// <summary>The thinking that preceded the answer, for templates that render it (<c>reasoning_content</c>).</summary>
    public string? ReasoningContent { get; init; }

    /// <summary>The array <c>tool_calls</c> of an assistant's message, as sent.</summary>
    public JsonElement? ToolCalls { get; init; }

    /// <summary>The call that a tool's message answers.</summary>
    public string? ToolCallId { get; init; }

    /// <summary>The speaker's or the tool's name.</summary>
    public string? Name { get; init; }

    /// <summary>0 leaves an assistant's message out of the loss, 1 or null keeps it. Null on every other role.</summary>
    public double? Weight { get; init; }

    /// <summary>Whether the loss is taken on this message: an assistant's whose weight is not 0.</summary>
    public bool IsTrained => Role == "assistant" && Weight != 0;
}
