using System.Text.Json.Serialization;
using Serverless.Service.Models;

namespace Serverless.Api.Wire;

/// <summary>A model that answers. <c>created</c> is in seconds since 1970.</summary>
internal sealed record ModelObject(string Id, long Created, string OwnedBy)
{
    [JsonPropertyOrder(-1)]
    public string Object { get; } = "model";

    public static ModelObject Of(ModelRecord model) => new(model.Id.Value, model.CreatedAt.ToUnixTimeSeconds(), model.OwnedBy);
}
