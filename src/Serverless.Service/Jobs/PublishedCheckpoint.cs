using System.Text.Json.Serialization;

namespace Serverless.Service.Jobs;

/// <summary>Which of its checkpoints a job publishes or, of a recipe, a stage hands to the next one.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PublishedCheckpoint>))]
public enum PublishedCheckpoint
{
    /// <summary>The one after the last step.</summary>
    [JsonStringEnumMemberName("last")] Last,

    /// <summary>The one of the lowest validation loss or, of a policy, of the highest validation reward.</summary>
    [JsonStringEnumMemberName("best")] Best,
}
