using System.Text.Json.Serialization;

namespace Serverless.Service.Jobs;

/// <summary>What the job's owner asked for last; the workflow and a running chunk read it from the record.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<JobWish>))]
public enum JobWish
{
    [JsonStringEnumMemberName("none")] None,
    [JsonStringEnumMemberName("pause")] Pause,
    [JsonStringEnumMemberName("cancel")] Cancel,
}
