using System.Text.Json.Serialization;

namespace Serverless.Service.Files;

/// <summary>How far the intake of a file has come; the names are the wire's.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FileStatus>))]
public enum FileStatus
{
    /// <summary>Stored, not validated yet.</summary>
    [JsonStringEnumMemberName("uploaded")] Uploaded,

    /// <summary>Usable.</summary>
    [JsonStringEnumMemberName("processed")] Processed,

    /// <summary>Refused; <see cref="FileRecord.StatusDetails"/> says why.</summary>
    [JsonStringEnumMemberName("error")] Error,
}
