using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Api.Access;
using Serverless.Api.Requests;
using Serverless.Learning;
using Serverless.Service.Idempotency;

namespace Serverless.Api.Idempotency;

/// <summary>
/// Lets a request that creates something be repeated: the second one gets the first one's answer and creates nothing. Two requests are the same when they carry
/// the same <c>Idempotency-Key</c>, or when a client says by <c>x-stainless-retry-count</c> above 0 that it repeats one with an equal body of JSON.
/// Answers are kept for a day; errors are not, so whoever was refused may try again.
/// </summary>
internal static class OnceOnly
{
    private const int MaxKey = 255;
    private const string KeyHeader = "Idempotency-Key";
    private const string RetryHeader = "x-stainless-retry-count";
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(200);

    /// <summary>The handler of a route that creates something, with repetition taken care of.</summary>
    public static RequestDelegate Of(RequestDelegate create) => async context =>
    {
        var key = KeyOf(context.Request);
        var repeats = RepetitionsOf(context.Request);
        if (key is null && (repeats is null || IsForm(context.Request)))
            await create(context);
        else
            await AnswerAsync(context, create, key, repeats ?? 0);
    };

    private static async Task AnswerAsync(HttpContext context, RequestDelegate create, string? key, long repeats)
    {
        var answers = context.RequestServices.GetRequiredService<KeptAnswers>();
        // A form is written with another boundary each time, so only its key can tell it.
        var fingerprint = IsForm(context.Request) ? null : await FingerprintAsync(context);
        var name = NameOf(context, key ?? fingerprint!);
        var earlier = await answers.BeginAsync(name, fingerprint, again: key is null && repeats == 0, context.RequestAborted);
        if (earlier is null)
        {
            await CreateAsync(context, create, answers, name, fingerprint);
            return;
        }
        if (key is not null && earlier.Fingerprint != fingerprint)
            throw new InputError($"The {KeyHeader} '{key}' was used with another request before; allowed: the same request, or another key", KeyHeader, "idempotency_key_reused");
        await ReplayAsync(context, earlier.Status is null ? await WaitAsync(context, answers, name) : earlier);
    }

    /// <summary>Does what is asked, keeping the answer before it is sent: a client that does not get it finds it when it asks again.</summary>
    private static async Task CreateAsync(HttpContext context, RequestDelegate create, KeptAnswers answers, string name, string? fingerprint)
    {
        var clock = context.RequestServices.GetRequiredService<TimeProvider>();
        var sent = context.Response.Body;
        using var written = new MemoryStream();
        context.Response.Body = written;
        var isKept = false;
        try
        {
            await create(context);
            if (context.Response.StatusCode is >= 200 and < 300)
            {
                var answer = new KeptAnswer
                {
                    StartedAt = clock.GetUtcNow(),
                    Fingerprint = fingerprint,
                    Status = context.Response.StatusCode,
                    ContentType = context.Response.ContentType,
                    Body = written.ToArray(),
                };
                await answers.EndAsync(name, answer, CancellationToken.None);
                isKept = true;
            }
        }
        finally
        {
            context.Response.Body = sent;
            if (!isKept)
                await answers.ForgetAsync(name, CancellationToken.None);
        }
        written.Position = 0;
        await written.CopyToAsync(sent, context.RequestAborted);
    }

    /// <summary>Waits for the request that came first, and asks the client to come again if that takes long.</summary>
    private static async Task<KeptAnswer> WaitAsync(HttpContext context, KeptAnswers answers, string name)
    {
        var clock = context.RequestServices.GetRequiredService<TimeProvider>();
        for (var begun = clock.GetTimestamp(); clock.GetElapsedTime(begun) < LongestWait;)
        {
            await Task.Delay(LookAgain, clock, context.RequestAborted);
            if (await answers.FindAsync(name, context.RequestAborted) is not { } answer)
                break;
            if (answer.Status is not null)
                return answer;
        }
        throw new InputError("The same request is being worked on; ask again in a moment for its answer", code: "request_in_progress");
    }

    private static async Task ReplayAsync(HttpContext context, KeptAnswer answer)
    {
        context.Response.StatusCode = answer.Status!.Value;
        context.Response.ContentType = answer.ContentType;
        context.Response.ContentLength = answer.Body.Length;
        context.Response.Headers["idempotent-replayed"] = "true";
        await context.Response.Body.WriteAsync(answer.Body, context.RequestAborted);
    }

    private static string? KeyOf(HttpRequest request)
    {
        var key = request.Headers[KeyHeader].ToString();
        if (key.Length > MaxKey)
            throw Refusal.StringTooLong(KeyHeader, MaxKey, key.Length);
        return key.Length == 0 ? null : key;
    }

    private static long? RepetitionsOf(HttpRequest request) =>
        long.TryParse(request.Headers[RetryHeader], NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : null;

    private static bool IsForm(HttpRequest request) => request.ContentType?.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>The hash of the body, which can be read again afterwards.</summary>
    private static async Task<string> FingerprintAsync(HttpContext context)
    {
        var most = context.RequestServices.GetRequiredService<ApiSettings>();
        await using var bounded = new BoundedStream(context.Request.Body, most.MaxJsonBytes, () => JsonBody.TooLarge(most));
        var body = new MemoryStream();
        await bounded.CopyToAsync(body, context.RequestAborted);
        body.Position = 0;
        var hash = await SHA256.HashDataAsync(body, context.RequestAborted);
        body.Position = 0;
        context.Request.Body = body;
        context.Response.RegisterForDispose(body);
        return Convert.ToHexStringLower(hash);
    }

    /// <summary>
    /// Callers with different keys to the API, in a header or by a cookie, do not get each other's answers. Without keys all are one: a retry may come
    /// from another address.
    /// </summary>
    private static string NameOf(HttpContext context, string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join(
        '\n', context.Features.Get<Caller>()?.KeyId, context.Request.Method, context.Request.Path.Value, context.Request.QueryString.Value, key))));
}
