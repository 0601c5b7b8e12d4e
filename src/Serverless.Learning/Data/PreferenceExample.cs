using System.Text.Json;
using Serverless.Learning.Text;

namespace Serverless.Learning.Data;

/// <summary>A prompt with two answers, one of which is preferred.</summary>
/// <param name="Messages">The conversation so far, at least one message.</param>
/// <param name="Preferred">The assistant's better answer.</param>
/// <param name="NonPreferred">The assistant's worse answer.</param>
/// <param name="Tools">The array of tools offered to the assistant, as sent, or null.</param>
public sealed record PreferenceExample(
    int Line, IReadOnlyList<ChatMessage> Messages, ChatMessage Preferred, ChatMessage NonPreferred, JsonElement? Tools = null) : DatasetExample(Line)
{
    /// <summary>The conversation with the better answer, which alone is learned.</summary>
    public ChatExample Chosen => With(Preferred);

    /// <summary>The conversation with the worse answer.</summary>
    public ChatExample Rejected => With(NonPreferred);

    private ChatExample With(ChatMessage answer) =>
        new(Line, [.. Messages.Select(message => message.IsTrained ? message with { Weight = 0 } : message), answer], Tools);
}
