using System.Text.Json;
using System.Text.Json.Serialization;

namespace Serverless.Service.Models;

/// <summary>Writes a <see cref="ModelId"/> as a plain string.</summary>
public sealed class ModelIdJsonConverter : JsonConverter<ModelId>
{
    public override ModelId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetString() ?? throw new JsonException("An id cannot be null."));

    public override void Write(Utf8JsonWriter writer, ModelId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}
