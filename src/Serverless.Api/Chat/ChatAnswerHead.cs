namespace Serverless.Api.Chat;

/// <summary>What every piece of one answer repeats.</summary>
internal sealed record ChatAnswerHead(string Id, long Created, string Model, string? SystemFingerprint);
