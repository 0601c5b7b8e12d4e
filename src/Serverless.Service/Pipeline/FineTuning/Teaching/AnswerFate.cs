using System.Text.Json.Serialization;

namespace Serverless.Service.Pipeline.FineTuning.Teaching;

/// <summary>What became of a teacher's answer.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AnswerFate>))]
public enum AnswerFate
{
    /// <summary>The student learns from it.</summary>
    [JsonStringEnumMemberName("kept")] Kept,

    /// <summary>The grader did not pass it.</summary>
    [JsonStringEnumMemberName("rejected")] Rejected,

    /// <summary>Its tokens were used up before it ended.</summary>
    [JsonStringEnumMemberName("cut_off")] CutOff,

    /// <summary>It is the same as an earlier answer to its prompt.</summary>
    [JsonStringEnumMemberName("repeated")] Repeated,

    /// <summary>With its prompt it is longer than what the student is trained on.</summary>
    [JsonStringEnumMemberName("too_long")] TooLong,

    /// <summary>The teacher gave none to this prompt.</summary>
    [JsonStringEnumMemberName("failed")] Failed,
}
