using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;
using Serverless.Learning;

namespace Serverless.Api.Access;

/// <summary>Bounds how many streams (of answers, of updates, of downloads) a caller may have open at a time.</summary>
internal sealed class StreamPlaces(ApiSettings settings) : IDisposable
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(5);

    private readonly PartitionedRateLimiter<string>? _limiter = settings.StreamsPerCaller == 0 ? null
        : PartitionedRateLimiter.Create<string, string>(caller => RateLimitPartition.GetConcurrencyLimiter(
            caller, _ => new ConcurrencyLimiterOptions { PermitLimit = settings.StreamsPerCaller, QueueLimit = 0 }));

    /// <summary>Takes a place, which the caller has until it is disposed.</summary>
    /// <exception cref="InputError">All are taken.</exception>
    public IDisposable? Enter(HttpContext context)
    {
        if (_limiter is null)
            return null;
        var lease = _limiter.AttemptAcquire(Caller.Of(context).LimitedAs);
        if (lease.IsAcquired)
            return lease;
        lease.Dispose();
        context.Features.Set(new RetryAfter(Wait));
        throw new InputError(
            $"Too many open streams: a caller may have {settings.StreamsPerCaller} at a time. Please end one, or try again in {(int)Wait.TotalSeconds}s.",
            code: "too_many_streams");
    }

    public void Dispose() => _limiter?.Dispose();
}
