using System.Text.Json;
using Serverless.Learning.Text;

namespace Serverless.Learning.Data;

/// <summary>One conversation of a chat data set.</summary>
/// <param name="Messages">The conversation, at least one message.</param>
/// <param name="Tools">The array of tools offered to the assistant, as sent, or null.</param>
public sealed record ChatExample(int Line, IReadOnlyList<ChatMessage> Messages, JsonElement? Tools = null) : DatasetExample(Line);
