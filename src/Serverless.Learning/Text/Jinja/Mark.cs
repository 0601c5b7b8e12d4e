namespace Serverless.Learning.Text.Jinja;

/// <summary>Says that the characters Start to End - 1 of a string come from the conversation, not from the template.</summary>
/// <param name="Source">The index of the message, <see cref="CallsOf"/> the message, or <see cref="Tools"/>.</param>
internal readonly record struct Mark(int Start, int End, int Source)
{
    /// <summary>The source of what stands in the list of tools.</summary>
    public const int Tools = -1;

    /// <summary>The source of what stands in the tool calls of a message.</summary>
    public static int CallsOf(int message) => -2 - message;

    /// <summary>Whether the source is a message, its tool calls included.</summary>
    public bool IsOf(int message) => Source == message || Source == CallsOf(message);
}
