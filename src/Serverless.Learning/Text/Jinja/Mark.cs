namespace Serverless.Learning.Text.Jinja;

/// <summary>Says that the characters Start to End - 1 of a string come from the conversation, not from the template.</summary>
/// <param name="Source">The index of the message, or <see cref="Tools"/>.</param>
internal readonly record struct Mark(int Start, int End, int Source)
{
    /// <summary>The source of what stands in the list of tools.</summary>
    public const int Tools = -1;
}
