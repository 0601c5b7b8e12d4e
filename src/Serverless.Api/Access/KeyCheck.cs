using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Serverless.Learning;

namespace Serverless.Api.Access;

/// <summary>Lets requests below <c>/v1</c> pass only with one of the settings' keys, if there are any.</summary>
internal sealed partial class KeyCheck(RequestDelegate next, ApiSettings settings, ILogger<KeyCheck> logger)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (settings.Keys.Count > 0 && context.Request.Path.StartsWithSegments("/v1"))
        {
            var key = KeyOf(context.Request);
            LogAdmitted(context.TraceIdentifier, key.Name);
        }

        return next(context);
    }

    private ApiKey KeyOf(HttpRequest request)
    {
        const string Scheme = "Bearer ";
        var header = request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) || header.Length == Scheme.Length)
        {
            throw new InputError(
                "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
                code: "missing_api_key");
        }

        var secret = header[Scheme.Length..].Trim();
        var hash = ApiKey.Hash(secret);
        ApiKey? found = null;
        foreach (var key in settings.Keys)
        {
            // No early exit: the time does not tell which key matched.
            if (key.Matches(hash))
                found = key;
        }

        return found ?? throw new InputError($"Incorrect API key provided: {Masked(secret)}.", code: "invalid_api_key");
    }

    /// <summary>The first and last characters of a wrong key, as OpenAI shows them; short ones not at all.</summary>
    private static string Masked(string secret) => secret.Length < 16 ? "****" : $"{secret[..4]}****{secret[^4..]}";

    [LoggerMessage(Level = LogLevel.Debug, Message = "{RequestId} carries the key '{Key}'")]
    private partial void LogAdmitted(string requestId, string key);
}
