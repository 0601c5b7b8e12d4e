using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Serverless.Learning;

namespace Serverless.Api.Access;

/// <summary>
/// Lets requests below <c>/v1</c> pass only with one of the settings' keys, if there are any: in the header, or, from the dashboard, by the
/// cookie that a key was exchanged for.
/// </summary>
internal sealed partial class KeyCheck(RequestDelegate next, ApiSettings settings, ILogger<KeyCheck> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (settings.Keys.Count > 0 && context.Request.Path.StartsWithSegments("/v1"))
        {
            var key = await KeyOfAsync(context);
            context.Features.Set(new Caller(key.Name) { KeyId = key.Id });
            LogAdmitted(context.TraceIdentifier, key.Name);
        }

        await next(context);
    }

    /// <exception cref="InputError">The key is none of the settings'.</exception>
    public static ApiKey Check(ApiSettings settings, string secret) =>
        ApiKey.Find(settings.Keys, secret) ?? throw new InputError($"Incorrect API key provided: {Masked(secret)}.", code: "invalid_api_key");

    private async Task<ApiKey> KeyOfAsync(HttpContext context)
    {
        const string Scheme = "Bearer ";
        var header = context.Request.Headers.Authorization.ToString();
        if (header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) && header.Length > Scheme.Length)
            return Check(settings, header[Scheme.Length..].Trim());
        if (SessionCookies.Find(context.Request) is not null
            && await context.RequestServices.GetRequiredService<SessionCookies>().KeyOfAsync(context.Request, context.RequestAborted) is { } key)
            return key;
        throw new InputError(
            "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
            code: "missing_api_key");
    }

    /// <summary>The first and last characters of a wrong key, as OpenAI shows them; short ones not at all.</summary>
    private static string Masked(string secret) => secret.Length < 16 ? "****" : $"{secret[..4]}****{secret[^4..]}";

    [LoggerMessage(Level = LogLevel.Debug, Message = "{RequestId} carries the key '{Key}'")]
    private partial void LogAdmitted(string requestId, string key);
}
