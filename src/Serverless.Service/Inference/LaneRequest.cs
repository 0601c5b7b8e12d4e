using System.Threading.Channels;
using Serverless.Learning.Models;
using Serverless.Learning.Sampling;

namespace Serverless.Service.Inference;

/// <summary>A request on a <see cref="GenerationLane"/>. Everything but the channel is touched by the lane's thread only.</summary>
/// <param name="open">Gives the model that answers it, on the lane's thread.</param>
/// <param name="plan">Says what is wanted, on the lane's thread and when its turn has come.</param>
/// <param name="stop">Says that nobody waits for it any more.</param>
internal sealed class LaneRequest(Func<LanguageModel> open, Func<LanguageModel, GenerationPlan> plan, CancellationToken stop)
{
    private const int Waits = 0, IsTaken = 1, IsAbandoned = 2;

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<GenerationPiece> _pieces =
        Channel.CreateUnbounded<GenerationPiece>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    private readonly Dictionary<GrowingAnswer, int> _running = [];
    private readonly Dictionary<int, IReadOnlyList<TokenScores>> _promptScores = [];
    private int _state = Waits;
    private LanguageModel? _model;
    private GenerationPlan? _plan;
    private int _begun;
    private long _since;

    public ChannelReader<GenerationPiece> Pieces => _pieces.Reader;

    public CancellationToken Stop => stop;

    /// <summary>How many of its answers grow.</summary>
    public int Running => _running.Count;

    /// <summary>How many of its answers have begun.</summary>
    public int Begun => _begun;

    /// <summary>How many of its answers have not begun.</summary>
    public int Waiting => (_plan?.Answers.Count ?? 0) - _begun;

    public IReadOnlySet<GrowingAnswer> Answers => _running.Keys.ToHashSet();

    /// <summary>Takes the request onto the lane, unless its reader has left.</summary>
    public bool TryTake() => Interlocked.CompareExchange(ref _state, IsTaken, Waits) == Waits;

    /// <summary>Called by a reader that leaves: returns when the lane touches neither the request nor its model any more.</summary>
    public Task AbandonAsync() => Interlocked.CompareExchange(ref _state, IsAbandoned, Waits) == IsTaken ? _ended.Task : Task.CompletedTask;

    public void Plan(long now)
    {
        stop.ThrowIfCancellationRequested();
        _model = open();
        _plan = plan(_model);
        _since = now;
    }

    /// <summary>Lets the next answers grow: of one prompt, as many as there is room for.</summary>
    public void Begin(GenerationBatch batch, int room)
    {
        var first = _plan!.Answers[_begun];
        var together = _plan.Answers.Skip(_begun).Take(room).TakeWhile(answer => ReferenceEquals(answer.Prompt, first.Prompt)).ToList();
        var scores = _plan.PromptScores is null ? null : new List<TokenScores>();
        var answers = batch.Add(first.Prompt, [.. together.Select(answer => answer.Options)], scores is null ? null : scores.Add, _plan.PromptScores ?? 0, _model);
        foreach (var answer in answers)
        {
            if (scores is not null) _promptScores[_begun] = scores;
            _running[answer] = _begun++;
            if (answer.Finish is not null) Deliver(answer);
        }
    }

    /// <summary>Passes on what an answer's last token added.</summary>
    public void Deliver(GrowingAnswer answer)
    {
        if (!_running.TryGetValue(answer, out var number)) return;
        _promptScores.Remove(number, out var scores);
        _pieces.Writer.TryWrite(new GenerationPiece(number, answer.Last!, answer.PromptTokens)
        {
            CachedTokens = answer.CachedTokens, PromptScores = scores,
        });
        if (answer.Finish is not null) _running.Remove(answer);
    }

    /// <summary>Ends what grows and begins nothing more, when its time is over.</summary>
    /// <returns>The answers that were cut.</returns>
    public IReadOnlySet<GrowingAnswer> CutIfLate(TimeProvider time)
    {
        if (_plan!.Limit == Timeout.InfiniteTimeSpan || time.GetElapsedTime(_since) <= _plan.Limit) return new HashSet<GrowingAnswer>();
        var cut = Answers;
        foreach (var answer in cut)
        {
            answer.Cut();
            Deliver(answer);
        }
        for (; _begun < _plan.Answers.Count; _begun++)
            _pieces.Writer.TryWrite(new GenerationPiece(_begun, new GeneratedToken(-1, "", FinishReason.Length), _plan.Answers[_begun].Prompt.Length));
        return cut;
    }

    /// <param name="error">Why it has failed; null if it has not.</param>
    public void Complete(Exception? error)
    {
        _pieces.Writer.TryComplete(error);
        _ended.TrySetResult();
    }
}
