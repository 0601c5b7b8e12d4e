using System.Text.Json.Serialization;

namespace Serverless.Service.Jobs;

/// <summary>How serious an event is; the names are the wire's.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<EventLevel>))]
public enum EventLevel
{
    [JsonStringEnumMemberName("info")] Info,
    [JsonStringEnumMemberName("warn")] Warn,
    [JsonStringEnumMemberName("error")] Error,
}
