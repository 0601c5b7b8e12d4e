namespace Serverless.Api.Wire;

/// <summary>What went wrong; param and code are written as null where there is none.</summary>
internal sealed record ErrorBody(string Message, string Type, string? Param, string? Code);
