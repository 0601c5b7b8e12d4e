using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Serverless.Api.Access;

/// <summary>
/// The cookie that the dashboard's key is exchanged for, since event streams and download links cannot send a header:
/// <c>key's id . expiry . signature</c>. It ends with its time, and with the key in the settings. Scripts cannot read it, and no page of
/// another site makes a browser send it.
/// </summary>
internal sealed class SessionCookies(ApiSettings settings, SessionSecret secret, TimeProvider clock)
{
    private static readonly TimeSpan Life = TimeSpan.FromDays(14);

    /// <summary>The cookie's text, or null if the request has none.</summary>
    public static string? Find(HttpRequest request) => request.Cookies[NameOf(request)];

    /// <summary>Gives the browser a session in a key's name.</summary>
    public async Task GrantAsync(HttpContext context, ApiKey key)
    {
        var text = $"{key.Id}.{(clock.GetUtcNow() + Life).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)}";
        var signature = key.Sign(await secret.ReadAsync(context.RequestAborted), text);
        context.Response.Cookies.Append(NameOf(context.Request), $"{text}.{WebEncoders.Base64UrlEncode(signature)}", Options(context.Request, Life));
    }

    /// <summary>Takes the session away.</summary>
    public void Revoke(HttpContext context) =>
        context.Response.Cookies.Append(NameOf(context.Request), "", new CookieOptions(Options(context.Request, TimeSpan.Zero)) { Expires = clock.GetUtcNow() - Life });

    /// <summary>The key that a request's session was granted for; null if it has none that holds.</summary>
    public async Task<ApiKey?> KeyOfAsync(HttpRequest request, CancellationToken ct)
    {
        if (Find(request)?.Split('.') is not [var id, var expiry, var signature]
            || settings.Keys.FirstOrDefault(key => key.Id == id) is not { } key
            || !long.TryParse(expiry, NumberStyles.None, CultureInfo.InvariantCulture, out var end)
            || end <= clock.GetUtcNow().ToUnixTimeSeconds())
            return null;
        var right = WebEncoders.Base64UrlEncode(key.Sign(await secret.ReadAsync(ct), $"{id}.{expiry}"));
        return CryptographicOperations.FixedTimeEquals(System.Text.Encoding.ASCII.GetBytes(right), System.Text.Encoding.ASCII.GetBytes(signature)) ? key : null;
    }

    // Cookies are shared by all ports of a host, and several services may run on one.
    private static string NameOf(HttpRequest request) =>
        request.Host.Port is { } port ? string.Create(CultureInfo.InvariantCulture, $"serverless-session-{port}") : "serverless-session";

    private static CookieOptions Options(HttpRequest request, TimeSpan life) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        // Behind a proxy that ends TLS the request itself is plain.
        Secure = request.IsHttps || request.Headers["X-Forwarded-Proto"] == "https",
        Path = "/",
        MaxAge = life,
    };
}
