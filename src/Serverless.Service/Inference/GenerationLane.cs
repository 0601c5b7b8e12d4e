using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Serverless.Learning;

namespace Serverless.Service.Inference;

/// <summary>
/// One thread that runs one generation at a time, in the order in which they came; of those that wait only a bounded number is taken.
/// A thread of its own, because the native library keeps its modes and thread teams per thread.
/// </summary>
internal sealed class GenerationLane : IAsyncDisposable
{
    private readonly string _name;
    private readonly int _maxWaiting;
    private readonly BlockingCollection<Action> _waiting;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="name">What refusals call the model.</param>
    /// <param name="maxWaiting">How many generations may wait behind the one that runs.</param>
    public GenerationLane(string name, int maxWaiting)
    {
        _name = name;
        _maxWaiting = maxWaiting;
        _waiting = new BlockingCollection<Action>(new ConcurrentQueue<Action>(), maxWaiting);
        new Thread(Run) { IsBackground = true, Name = $"generation {name}" }.Start();
    }

    /// <summary>
    /// Runs <paramref name="generation"/> when its turn comes and passes on what it yields while it goes on. It does not wait for a
    /// slow reader, and it ends when the reader leaves or <paramref name="cancellationToken"/> says so.
    /// </summary>
    /// <exception cref="InputError">Too many wait already (<c>rate_limit_exceeded</c>).</exception>
    public async IAsyncEnumerable<T> StreamAsync<T>(
        Func<CancellationToken, IEnumerable<T>> generation, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var pieces = Channel.CreateUnbounded<T>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        using var left = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var stop = left.Token;
        Enqueue(() => Generate(generation, pieces.Writer, stop));
        try
        {
            await foreach (var piece in pieces.Reader.ReadAllAsync(cancellationToken))
                yield return piece;
        }
        finally
        {
            // Also when the reader leaves early: the generation ends at its next token, or does not begin.
            await left.CancelAsync();
        }
    }

    /// <summary>Lets what waits end, and then the thread.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.CompleteAdding();
        await _ended.Task;
        _waiting.Dispose();
    }

    private void Enqueue(Action item)
    {
        if (!_waiting.TryAdd(item))
        {
            throw new InputError(
                $"Rate limit reached for '{_name}': {_maxWaiting} requests are waiting for this model already. Please try again later.",
                "model", "rate_limit_exceeded");
        }
    }

    private void Run()
    {
        foreach (var item in _waiting.GetConsumingEnumerable())
            item();
        _ended.SetResult();
    }

    private static void Generate<T>(Func<CancellationToken, IEnumerable<T>> generation, ChannelWriter<T> pieces, CancellationToken stop)
    {
        try
        {
            stop.ThrowIfCancellationRequested();
            foreach (var piece in generation(stop))
            {
                stop.ThrowIfCancellationRequested();
                pieces.TryWrite(piece);
            }

            pieces.Complete();
        }
        catch (Exception error)
        {
            // The edge of the thread: whoever reads gets it.
            pieces.Complete(error);
        }    }
}
