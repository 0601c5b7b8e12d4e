using System.Text.Json;
using System.Text.Json.Serialization;

namespace Serverless.Service.Evals;

/// <summary>Writes an <see cref="EvalRunId"/> as a plain string.</summary>
public sealed class EvalRunIdJsonConverter : JsonConverter<EvalRunId>
{
    public override EvalRunId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetString() ?? throw new JsonException("An id cannot be null."));

    public override void Write(Utf8JsonWriter writer, EvalRunId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}
