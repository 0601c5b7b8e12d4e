using System.Text.Json;
using System.Text.Json.Serialization;

namespace Serverless.Service.Files;

/// <summary>Writes a <see cref="FileId"/> as a plain string.</summary>
public sealed class FileIdJsonConverter : JsonConverter<FileId>
{
    public override FileId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetString() ?? throw new JsonException("An id cannot be null."));

    public override void Write(Utf8JsonWriter writer, FileId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}
