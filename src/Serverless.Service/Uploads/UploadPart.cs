namespace Serverless.Service.Uploads;

/// <summary>A part of an upload.</summary>
/// <param name="Id"><c>part_</c> and 26 characters.</param>
/// <param name="CreatedAt">When the last of its bytes had come.</param>
public sealed record UploadPart(string Id, DateTimeOffset CreatedAt);
