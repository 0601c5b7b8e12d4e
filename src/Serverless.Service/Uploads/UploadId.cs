using System.Text.Json.Serialization;
using Serverless.Service.Catalog;

namespace Serverless.Service.Uploads;

/// <summary>The id of an upload in parts: <c>upload_</c> and 26 characters that sort newest first.</summary>
[JsonConverter(typeof(UploadIdJsonConverter))]
public readonly record struct UploadId(string Value)
{
    public const string Prefix = "upload_";

    /// <summary>Whether the id has the shape that this service gives; one that has not names nothing.</summary>
    public bool IsWellFormed =>
        Value is not null && Value.StartsWith(Prefix, StringComparison.Ordinal) && NewestFirstId.IsWellFormed(Value.AsSpan(Prefix.Length));

    /// <summary>A new id, sorting before all older ones.</summary>
    public static UploadId New(TimeProvider clock) => new(Prefix + NewestFirstId.Random(clock.GetUtcNow()));

    public override string ToString() => Value;
}
