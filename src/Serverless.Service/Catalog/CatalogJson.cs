using System.Text.Json;
using System.Text.Json.Serialization;

namespace Serverless.Service.Catalog;

/// <summary>How everything that this service keeps in blobs is written.</summary>
public static class CatalogJson
{
    /// <summary>Camel-case names, enum members by name, nothing written for null.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };
}
