using System.Text.Json.Serialization;

namespace Serverless.Service.Jobs;

/// <summary>What an event carries; the names are the wire's.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<EventType>))]
public enum EventType
{
    [JsonStringEnumMemberName("message")] Message,
    [JsonStringEnumMemberName("metrics")] Metrics,
}
