using Serverless.Learning.Models;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>A base in somebody's hands; disposing gives it back, once nothing that was made of <see cref="Model"/> is used any more.</summary>
public sealed class FrozenBase(LanguageModel model, Action giveBack) : IDisposable
{
    private Action? _giveBack = giveBack;

    /// <summary>The caller's own, over weights that others use as well and nobody changes.</summary>
    public LanguageModel Model { get; } = model;

    public void Dispose() => Interlocked.Exchange(ref _giveBack, null)?.Invoke();
}
