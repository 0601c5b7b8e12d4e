namespace Serverless.Api.Updates;

/// <summary>A read that everybody who asks within some time shares: while it runs, and until it is that old, nobody begins another.</summary>
/// <param name="read">Reads; it is given what was read before, or null.</param>
/// <param name="keep">How old what was read may be. A read that failed is not kept.</param>
internal sealed class SharedRead<T>(Func<T?, Task<T>> read, TimeSpan keep, TimeProvider time)
    where T : class
{
    private readonly Lock _turn = new();
    private Task<T>? _last;
    private long _begun;

    public Task<T> GetAsync(CancellationToken ct)
    {
        lock (_turn)
        {
            if (_last is null || (_last.IsCompleted && (!_last.IsCompletedSuccessfully || Age >= keep)))
            {
                var before = _last is { IsCompletedSuccessfully: true } ? _last.Result : null;
                _begun = time.GetTimestamp();
                _last = Task.Run(() => read(before), CancellationToken.None);
            }
            return _last.WaitAsync(ct);
        }
    }

    /// <summary>Whether nobody has needed a new one for so long.</summary>
    public bool IsOlderThan(TimeSpan age)
    {
        lock (_turn)
            return Age > age;
    }

    private TimeSpan Age => time.GetElapsedTime(_begun);
}
