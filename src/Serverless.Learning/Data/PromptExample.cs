using System.Text.Json;
using Serverless.Learning.Text;

namespace Serverless.Learning.Data;

/// <summary>A prompt to be answered, with what graders judge the answer by.</summary>
/// <param name="Messages">The conversation, whose last message is the user's.</param>
/// <param name="Item">The whole line, which graders see as <c>item</c>.</param>
/// <param name="Tools">The array of tools offered to the assistant, as sent, or null.</param>
public sealed record PromptExample(int Line, IReadOnlyList<ChatMessage> Messages, JsonElement Item, JsonElement? Tools = null) : DatasetExample(Line);
