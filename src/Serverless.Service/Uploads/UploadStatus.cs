using System.Text.Json.Serialization;

namespace Serverless.Service.Uploads;

/// <summary>Where an upload in parts stands; the names are the wire's.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<UploadStatus>))]
public enum UploadStatus
{
    /// <summary>Takes parts.</summary>
    [JsonStringEnumMemberName("pending")] Pending,

    /// <summary>Its file exists.</summary>
    [JsonStringEnumMemberName("completed")] Completed,

    /// <summary>Its owner gave it up, or its content was not what the owner said.</summary>
    [JsonStringEnumMemberName("cancelled")] Cancelled,

    /// <summary>It was not completed in time.</summary>
    [JsonStringEnumMemberName("expired")] Expired,
}
