using System.Text.Json;
using System.Text.Json.Serialization;

namespace Serverless.Service.Evals;

/// <summary>Writes an <see cref="EvalId"/> as a plain string.</summary>
public sealed class EvalIdJsonConverter : JsonConverter<EvalId>
{
    public override EvalId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetString() ?? throw new JsonException("An id cannot be null."));

    public override void Write(Utf8JsonWriter writer, EvalId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}
