using System.Text.Json;
using System.Text.Json.Serialization;

namespace Serverless.Service.Jobs;

/// <summary>Writes a <see cref="JobEventId"/> as a plain string.</summary>
public sealed class JobEventIdJsonConverter : JsonConverter<JobEventId>
{
    public override JobEventId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetString() ?? throw new JsonException("An id cannot be null."));

    public override void Write(Utf8JsonWriter writer, JobEventId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}
