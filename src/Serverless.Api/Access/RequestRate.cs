using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;
using Serverless.Learning;

namespace Serverless.Api.Access;

/// <summary>
/// Bounds how many requests a caller may send: a bucket that holds as many as a minute allows, and fills steadily. Stands behind
/// <see cref="KeyCheck"/>, which tells callers apart; the dashboard's files are not counted, its exchange of a key is.
/// </summary>
internal sealed class RequestRate : IDisposable
{
    private readonly RequestDelegate _next;
    private readonly ApiSettings _settings;
    private readonly PartitionedRateLimiter<string>? _limiter;

    public RequestRate(RequestDelegate next, ApiSettings settings)
    {
        (_next, _settings) = (next, settings);
        if (settings.RequestsPerMinute > 0)
            _limiter = PartitionedRateLimiter.Create<string, string>(caller => RateLimitPartition.GetTokenBucketLimiter(caller, _ => Bucket(settings.RequestsPerMinute)));
    }

    public async Task InvokeAsync(HttpContext context)
    {
        var path = context.Request.Path;
        if (_limiter is not null && (path.StartsWithSegments("/v1") || path.StartsWithSegments("/dashboard/session")))
        {
            using var lease = _limiter.AttemptAcquire(Caller.Of(context).LimitedAs);
            if (!lease.IsAcquired)
            {
                var wait = new RetryAfter(lease.TryGetMetadata(MetadataName.RetryAfter, out var known) ? known : TimeSpan.FromSeconds(1));
                context.Features.Set(wait);
                throw new InputError(
                    $"Rate limit reached: a caller may send {_settings.RequestsPerMinute} requests per minute. Please try again in {wait.Seconds}s.",
                    code: "rate_limit_exceeded");
            }
        }
        await _next(context);
    }

    public void Dispose() => _limiter?.Dispose();

    /// <summary>As many requests a minute, a few at a time.</summary>
    internal static TokenBucketRateLimiterOptions Bucket(int perMinute)
    {
        var together = Math.Max(1, perMinute / 600);
        return new TokenBucketRateLimiterOptions
        {
            TokenLimit = perMinute,
            TokensPerPeriod = together,
            ReplenishmentPeriod = TimeSpan.FromMinutes(1) * together / perMinute,
            QueueLimit = 0,
        };
    }
}
