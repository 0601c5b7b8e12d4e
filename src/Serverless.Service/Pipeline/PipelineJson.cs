using System.Text.Json;
using System.Text.Json.Serialization;

namespace Serverless.Service.Pipeline;

/// <summary>How the inputs and results of workflows and activities are written, in both engines.</summary>
public static class PipelineJson
{
    /// <summary>Camel-case names, enum members by name, nothing written for null.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };
}
