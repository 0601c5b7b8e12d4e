using Microsoft.AspNetCore.Http;

namespace Serverless.Api.Access;

/// <summary>Who sends a request: the key that opened it, or without keys the address it comes from. Limits count by it.</summary>
internal sealed record Caller(string Name)
{
    /// <summary>Tells the keys apart, also such as bear one name; null without keys.</summary>
    public string? KeyId { get; init; }

    /// <summary>What limits count by: keys of one name are callers of their own.</summary>
    public string LimitedAs => KeyId ?? Name;

    public static Caller Of(HttpContext context) =>
        context.Features.Get<Caller>() ?? new Caller(context.Connection.RemoteIpAddress?.ToString() ?? "unknown");
}
