using System.Text.Json;
using System.Text.Json.Serialization;

namespace Serverless.Service.Uploads;

/// <summary>Writes an <see cref="UploadId"/> as a plain string.</summary>
public sealed class UploadIdJsonConverter : JsonConverter<UploadId>
{
    public override UploadId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetString() ?? throw new JsonException("An id cannot be null."));

    public override void Write(Utf8JsonWriter writer, UploadId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}
