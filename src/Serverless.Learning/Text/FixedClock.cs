namespace Serverless.Learning.Text;

/// <summary>A clock that stands still, so that a template that prints the date prints the same one throughout a training.</summary>
internal sealed class FixedClock(DateTimeOffset now) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => now;
}
