using System.Text.Json;

namespace Serverless.Learning.Reinforcement;

/// <summary>A prompt to be answered.</summary>
/// <param name="Ids">Its tokens, the beginning of the answer as the template opens it included, shape [T].</param>
/// <param name="Item">The line of the data set, which graders see as <c>item</c>.</param>
/// <param name="Line">Its number, counted from 1.</param>
/// <param name="Text">What people see asked.</param>
public sealed record PolicyPrompt(int[] Ids, JsonElement Item, int Line, string Text = "")
{
    /// <summary>A text of the answer after which <see cref="PolicyTask.Grammar"/> begins to hold; null from the beginning.</summary>
    public string? GrammarAfter { get; init; }

    /// <summary>The array of tools offered to the policy, as sent; null for none.</summary>
    public JsonElement? Tools { get; init; }
}
