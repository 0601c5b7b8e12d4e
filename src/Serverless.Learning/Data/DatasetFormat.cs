using System.Text.Json.Serialization;

namespace Serverless.Learning.Data;

/// <summary>What the lines of a data set hold.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DatasetFormat>))]
public enum DatasetFormat
{
    /// <summary><c>{"messages": […, an assistant's]}</c>: conversations whose assistant messages are learned.</summary>
    [JsonStringEnumMemberName("chat")] Chat,

    /// <summary><c>{"prompt", "completion"}</c>: a user's message and the answer to learn.</summary>
    [JsonStringEnumMemberName("prompt_completion")] PromptCompletion,

    /// <summary><c>{"input": {"messages"}, "preferred_output", "non_preferred_output"}</c>: two answers, one of them better.</summary>
    [JsonStringEnumMemberName("preference")] Preference,

    /// <summary><c>{"messages": […, a user's], …}</c>: prompts, with whatever graders need beside them.</summary>
    [JsonStringEnumMemberName("reinforcement")] Reinforcement,

    /// <summary><c>{"text"}</c>: one document a line.</summary>
    [JsonStringEnumMemberName("text")] Text,

    /// <summary>A <c>.txt</c> file: documents separated by two blank lines.</summary>
    [JsonStringEnumMemberName("plain_text")] PlainText,
}
