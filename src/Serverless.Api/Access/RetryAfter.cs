namespace Serverless.Api.Access;

/// <summary>How long a refused caller should wait; the answer's <c>retry-after</c>, in whole seconds.</summary>
internal sealed record RetryAfter(TimeSpan Wait)
{
    public int Seconds => Math.Max(1, (int)Math.Ceiling(Wait.TotalSeconds));
}
