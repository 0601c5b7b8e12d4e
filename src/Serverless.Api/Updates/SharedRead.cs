namespace Serverless.Api.Updates;

/// <summary>A read that everybody who asks within some time shares: while it runs, and until it is that old, nobody begins another.</summary>
/// <param name="read">Reads; it is given what was read before, or null.</param>
/// <param name="keep">How old what was read may be. A read that failed is not kept.</param>
internal sealed class SharedRead<T>(Func<T?, CancellationToken, Task<T>> read, TimeSpan keep, TimeProvider time)
    where T : class
{
    /// <summary>How long a read may take before all who wait for it are told that it failed, and whoever asks next begins another.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(30);

    private readonly Lock _turn = new();
    private Task<T>? _last;
    private long _begun;

    public Task<T> GetAsync(CancellationToken ct)
    {
        lock (_turn)
        {
            if (_last is null || (_last.IsCompleted && (!_last.IsCompletedSuccessfully || time.GetElapsedTime(_begun) >= keep)))
            {
                var before = _last is { IsCompletedSuccessfully: true } ? _last.Result : null;
                _begun = time.GetTimestamp();
                _last = Task.Run(() => ReadAsync(before), CancellationToken.None);
            }
            return _last.WaitAsync(ct);
        }
    }

    private async Task<T> ReadAsync(T? before)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        try
        {
            return await read(before, patience.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            throw new TimeoutException($"The storage did not answer a stream of updates within {Patience.TotalSeconds:0} s.");
        }
    }
}
