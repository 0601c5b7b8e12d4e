namespace Serverless.Api.Wire;

/// <summary>OpenAI's error envelope: <c>{"error": {message, type, param, code}}</c>.</summary>
internal sealed record ErrorObject(ErrorBody Error);
