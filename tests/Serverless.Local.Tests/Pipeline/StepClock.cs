namespace Serverless.Local.Tests.Pipeline;

/// <summary>The system's clock, which tells when a trainer asks it for the time: right after each step, and again when the model was looked at after it.</summary>
/// <param name="onStep">Called on the trainer's thread.</param>
internal sealed class StepClock(Action onStep) : TimeProvider
{
    public override DateTimeOffset GetUtcNow()
    {
        if (Thread.CurrentThread.Name?.StartsWith("train ", StringComparison.Ordinal) == true)
            onStep();
        return base.GetUtcNow();
    }
}
