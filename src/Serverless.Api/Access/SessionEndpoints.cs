using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Serverless.Api.Requests;
using Serverless.Api.Wire;

namespace Serverless.Api.Access;

/// <summary>The dashboard's session: whether one is needed and there, a key in exchange for one, and its end.</summary>
internal sealed class SessionEndpoints(ApiSettings settings, SessionCookies cookies)
{
    private const int MaxKey = 1024;

    /// <summary><c>{required, name}</c>: whether the service has keys, and the name of the session's, if there is a session.</summary>
    public async Task StateAsync(HttpContext context)
    {
        var required = settings.Keys.Count > 0;
        var key = required ? await cookies.KeyOfAsync(context.Request, context.RequestAborted) : null;
        context.Response.Headers.CacheControl = "no-store";
        await Reply.JsonAsync(context, new JsonObject { ["required"] = required, ["name"] = key?.Name }, WireJson.Plain.JsonObject);
    }

    /// <summary>Exchanges <c>{key}</c> for a cookie.</summary>
    public async Task OpenAsync(HttpContext context)
    {
        using var body = await JsonBody.ReadAsync(context, settings);
        var secret = new RequestObject(body.RootElement, "").RequiredString("key", minLength: 1, maxLength: MaxKey);
        if (settings.Keys.Count > 0)
            await cookies.GrantAsync(context, KeyCheck.Check(settings, secret.Trim()));
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>Takes the session away from the browser.</summary>
    public Task CloseAsync(HttpContext context)
    {
        cookies.Revoke(context);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}
