namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>A trainer in somebody's hands; disposing gives it back, and it stays in memory.</summary>
public sealed class SessionUse(TrainingSession session) : IDisposable
{
    public TrainingSession Session { get; } = session;

    public void Dispose() => Session.Turn.Release();
}
