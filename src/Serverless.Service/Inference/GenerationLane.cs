using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Serverless.Learning;
using Serverless.Learning.Models;
using Serverless.Learning.Sampling;

namespace Serverless.Service.Inference;

/// <summary>
/// One thread that generates for all requests of a model and of its adapters: a bounded number of answers grow together, one token each per turn, and requests
/// join between two turns in the order in which they came. Rooms that become free go to the request with the fewest answers growing, so that
/// one that wants many does not keep others waiting. A thread of its own, because the native library keeps its modes and
/// thread teams per thread.
/// </summary>
internal sealed class GenerationLane : IAsyncDisposable
{
    private readonly string _name;
    private readonly Func<LanguageModel> _open;
    private readonly ModelHostSettings _settings;
    private readonly TimeProvider _time;
    private readonly PromptPrefixes? _prefixes;
    private readonly BlockingCollection<LaneRequest> _waiting;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<LaneRequest> _active = [];
    private GenerationBatch? _batch;

    /// <param name="name">The model's name.</param>
    /// <param name="open">Gives the model, on the lane's thread; called for each request.</param>
    /// <param name="prefixes">Where the beginnings of prompts are kept; null for none.</param>
    public GenerationLane(string name, Func<LanguageModel> open, ModelHostSettings settings, TimeProvider time, PromptPrefixes? prefixes = null)
    {
        (_name, _open, _settings, _time, _prefixes) = (name, open, settings, time, prefixes);
        _waiting = new BlockingCollection<LaneRequest>(new ConcurrentQueue<LaneRequest>(), settings.MaxWaiting);
        new Thread(Run) { IsBackground = true, Name = $"generation {name}" }.Start();
    }

    /// <inheritdoc cref="StreamAsync(string, Func{LanguageModel}, Func{LanguageModel, GenerationPlan}, CancellationToken)"/>
    public IAsyncEnumerable<GenerationPiece> StreamAsync(Func<LanguageModel, GenerationPlan> plan, CancellationToken cancellationToken) =>
        StreamAsync(_name, _open, plan, cancellationToken);

    /// <summary>
    /// Generates what <paramref name="plan"/> says when its turn comes, and passes on each token. It does not wait for a slow reader, and it
    /// ends when the reader leaves or <paramref name="cancellationToken"/> says so; when the reading has ended, nothing is done for it any more.
    /// </summary>
    /// <param name="name">What refusals call the model.</param>
    /// <param name="open">Gives what answers, on the lane's thread: the lane's model, or that with an adapter.</param>
    /// <exception cref="InputError">Too many wait already (<c>rate_limit_exceeded</c>); or what <paramref name="plan"/> refuses.</exception>
    public async IAsyncEnumerable<GenerationPiece> StreamAsync(
        string name, Func<LanguageModel> open, Func<LanguageModel, GenerationPlan> plan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var left = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var request = new LaneRequest(open, plan, left.Token);
        if (!_waiting.TryAdd(request, 0, CancellationToken.None))
        {
            throw new InputError(
                $"Rate limit reached for '{name}': {_settings.MaxWaiting} requests are waiting for this model already. Please try again later.",
                "model", "rate_limit_exceeded");
        }

        try
        {
            await foreach (var piece in request.Pieces.ReadAllAsync(cancellationToken))
                yield return piece;
        }
        finally
        {
            // Also when the reader leaves early: the generation ends at its next token, or does not begin.
            await left.CancelAsync();
            await request.AbandonAsync();
        }
    }

    /// <summary>Lets what waits end, and then the thread.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.CompleteAdding();
        await _ended.Task;
        _waiting.Dispose();
    }

    private void Run()
    {
        while (Accept())
        {
            try
            {
                Turn();
            }
            catch (Exception error)
            {
                // The edge of the thread: a fault in the forward pass is everybody's who is in it; what comes later begins anew.
                foreach (var request in _active) request.Complete(error);
                _active.Clear();
                _batch?.Dispose();
                _batch = null;
            }
        }

        _batch?.Dispose();
        _ended.SetResult();
    }

    /// <summary>Takes requests, as many as answers may grow; waits for one if there is none.</summary>
    /// <returns>False when nothing grows and nothing will come.</returns>
    private bool Accept()
    {
        while (_active.Count < _settings.MaxTogether)
        {
            LaneRequest? request;
            if (_active.Count > 0)
            {
                if (!_waiting.TryTake(out request)) return true;
            }
            else
            {
                if (!_waiting.TryTake(out request, Timeout.Infinite)) return false;
            }

            if (!request.TryTake()) continue;
            Try(request, () =>
            {
                request.Plan(_time.GetTimestamp());
                _batch ??= new GenerationBatch(_open(), _prefixes);
                _active.Add(request);
            });
        }

        return true;
    }

    private int Room => _settings.MaxTogether - _active.Sum(request => request.Running);

    private void Turn()
    {
        foreach (var request in _active.ToArray())
        {
            if (request.Stop.IsCancellationRequested) Leave(request, new OperationCanceledException(request.Stop));
            else if (request.CutIfLate(_time) is { Count: > 0 } cut) _batch!.Remove(cut);
        }

        Begin();
        foreach (var answer in _batch!.Draw())
            foreach (var request in _active) request.Deliver(answer);
        foreach (var request in _active.Where(request => request.Running == 0 && request.Waiting == 0).ToArray()) Leave(request, null);
        _batch.Advance();
    }

    /// <summary>One prompt is read in a turn at most, so that answers that grow already do not stand still.</summary>
    private void Begin()
    {
        var wanting = _active.Where(request => request.Waiting > 0).ToList();
        if (wanting.Count == 0 || Room == 0) return;
        var next = wanting.MinBy(request => (request.Running, request.Begun))!;
        Try(next, () => next.Begin(_batch!, Math.Max(1, Room / wanting.Count)));
    }

    /// <summary>What fails here is the request's own fault and nobody else's.</summary>
    private void Try(LaneRequest request, Action action)
    {
        try
        {
            action();
        }
        catch (Exception error)
        {
            Leave(request, error);
        }
    }

    private void Leave(LaneRequest request, Exception? error)
    {
        if (request.Running > 0) _batch!.Remove(request.Answers);
        _active.Remove(request);
        request.Complete(error);
    }
}
