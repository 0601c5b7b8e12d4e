using System.Text.Json.Serialization;
using Serverless.Service.Catalog;

namespace Serverless.Service.Files;

/// <summary>The id of a file: <c>file-</c> and 26 characters that sort newest first.</summary>
[JsonConverter(typeof(FileIdJsonConverter))]
public readonly record struct FileId(string Value)
{
    public const string Prefix = "file-";

    /// <summary>Whether the id has the shape that this service gives; one that has not names nothing.</summary>
    public bool IsWellFormed =>
        Value is not null && Value.StartsWith(Prefix, StringComparison.Ordinal) && NewestFirstId.IsWellFormed(Value.AsSpan(Prefix.Length));

    /// <summary>A new id, sorting before all older ones.</summary>
    public static FileId New(TimeProvider clock) => new(Prefix + NewestFirstId.Random(clock.GetUtcNow()));

    /// <summary>The one id of the version <paramref name="etag"/> of the blob <paramref name="path"/> in the container <c>datasets</c>.</summary>
    public static FileId OfDrop(string path, string etag, DateTimeOffset modified) =>
        new(Prefix + NewestFirstId.Hashed(modified, path + "\n" + etag));

    /// <summary>The one id of the file <paramref name="name"/> that <paramref name="source"/> made.</summary>
    public static FileId OfResult(string source, string name, DateTimeOffset created) =>
        new(Prefix + NewestFirstId.Hashed(created, source + "\n" + name));

    public override string ToString() => Value;
}
