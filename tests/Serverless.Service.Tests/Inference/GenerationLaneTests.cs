using System.Collections.Immutable;
using Serverless.Learning;
using Serverless.Learning.Models;
using Serverless.Learning.Native;
using Serverless.Learning.Sampling;
using Serverless.Service.Inference;
using Serverless.Tests;

namespace Serverless.Service.Tests.Inference;

public sealed class GenerationLaneTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);
    private static readonly int[] Prompt = [10, 20, 30];

    private readonly TemporaryFolder _folder = new();
    private readonly ReadClock _time = new();
    private readonly LanguageModel _model;

    public GenerationLaneTests()
    {
        NativeRuntime.EnsureLoaded();
        NativeRuntime.SetThreads(1);
        _model = LanguageModel.Load(TinyModel.Write(Path.Combine(_folder.Path, "m")));
    }

    [Fact]
    public async Task Requests_that_grow_together_get_the_answers_they_get_alone()
    {
        await using var lane = Lane(together: 3);
        SamplingOptions[] options = [.. Enumerable.Range(0, 6).Select(seed => new SamplingOptions { MaxTokens = 5 + seed * 4, Seed = seed })];

        var together = await Task.WhenAll(options.Select(each => ReadAsync(lane.StreamAsync(_ => Plan(each, 2), default)))).WaitAsync(Long);

        for (var request = 0; request < options.Length; request++)
        {
            for (var choice = 0; choice < 2; choice++)
            {
                var alone = new TextGenerator(_model).Generate([new(Prompt, options[request] with { Choice = choice })], 1, default)[0];
                var pieces = together[request].Where(piece => piece.Answer == choice).ToList();
                Assert.Equal(alone.Text, string.Concat(pieces.Select(piece => piece.Token.Text)));
                Assert.Equal(alone.Finish, pieces[^1].Token.Finish);
            }
        }
    }

    [Fact]
    public async Task A_request_for_many_answers_does_not_keep_others_waiting()
    {
        await using var lane = Lane(together: 2);
        using var gate = new SemaphoreSlim(0);
        var order = new List<string>();
        GenerationPlan Gated()
        {
            gate.Wait(Long);
            return Plan(Endless(20), 10);
        }

        var many = ReadAsync(lane.StreamAsync(_ => Gated(), default), piece => Note(order, "many", piece));
        var one = ReadAsync(lane.StreamAsync(_ => Plan(Endless(20), 1), default), piece => Note(order, "one", piece));
        gate.Release();
        await Task.WhenAll(many, one).WaitAsync(Long);

        // Of ten answers two by two, at most the first two and those of the one turn that was under way end before the other request's.
        Assert.InRange(order.IndexOf("one"), 0, 3);
        Assert.Equal(10, order.Count(name => name == "many"));
    }

    [Fact]
    public async Task Beyond_its_bound_a_request_is_refused_at_once()
    {
        await using var lane = Lane(together: 1, waiting: 1, name: "ft:base::x");
        using var gate = new SemaphoreSlim(0);
        using var begun = new SemaphoreSlim(0);
        GenerationPlan Blocked()
        {
            begun.Release();
            gate.Wait(Long);
            return Plan(Endless(1), 1);
        }

        var running = ReadAsync(lane.StreamAsync(_ => Blocked(), default));
        await begun.WaitAsync(Long);
        var waiting = ReadAsync(lane.StreamAsync(_ => Blocked(), default));
        var error = await Assert.ThrowsAsync<InputError>(() => ReadAsync(lane.StreamAsync(_ => Blocked(), default)));
        gate.Release(2);
        await Task.WhenAll(running, waiting).WaitAsync(Long);

        Assert.Equal("rate_limit_exceeded", error.Code);
        Assert.Equal("Rate limit reached for 'ft:base::x': 1 requests are waiting for this model already. Please try again later.", error.Message);
    }

    [Fact]
    public async Task A_reader_that_leaves_ends_its_answers_and_nobody_elses()
    {
        var lane = Lane(together: 2);
        var other = ReadAsync(lane.StreamAsync(_ => Plan(Endless(100), 1), default));
        await foreach (var piece in lane.StreamAsync(_ => Plan(Endless(100), 1000) with { Limit = TimeSpan.MaxValue }, default))
        {
            if (piece.Answer > 0)
                break;
        }

        Assert.Equal(100, (await other.WaitAsync(Long)).Count);
        await lane.DisposeAsync();
        // The clock is read once in a turn: a thousand answers of a hundred tokens would have taken many more.
        Assert.InRange(_time.Reads, 1, 10_000);
    }

    [Fact]
    public async Task A_reader_that_left_before_its_turn_is_passed_over()
    {
        await using var lane = Lane(together: 1);
        using var gate = new SemaphoreSlim(0);
        using var leaving = new CancellationTokenSource();
        var begun = false;
        GenerationPlan Blocked()
        {
            gate.Wait(Long);
            return Plan(Endless(1), 1);
        }

        GenerationPlan Unwanted()
        {
            begun = true;
            return Plan(Endless(1), 1);
        }

        var first = ReadAsync(lane.StreamAsync(_ => Blocked(), default));
        var second = ReadAsync(lane.StreamAsync(_ => Unwanted(), leaving.Token));
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        gate.Release();
        await first.WaitAsync(Long);
        await ReadAsync(lane.StreamAsync(_ => Plan(Endless(1), 1), default)).WaitAsync(Long);

        Assert.False(begun);
    }

    [Fact]
    public async Task A_request_that_fails_fails_its_reader_and_nobody_else()
    {
        await using var lane = Lane(together: 2);
        var other = ReadAsync(lane.StreamAsync(_ => Plan(Endless(50), 1), default));

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ReadAsync(lane.StreamAsync(_ => throw new InvalidOperationException("broken"), default)));
        var tooLong = await Assert.ThrowsAsync<InputError>(() => ReadAsync(lane.StreamAsync(_ => new GenerationPlan([new(new int[500], Endless(1))]), default)));

        Assert.Equal("broken", error.Message);
        Assert.Equal("context_length_exceeded", tooLong.Code);
        Assert.Equal(50, (await other.WaitAsync(Long)).Count);
    }

    [Fact]
    public async Task An_answer_ends_as_if_its_tokens_were_used_up_when_its_time_is()
    {
        await using var lane = Lane(together: 1);

        var pieces = await ReadAsync(lane.StreamAsync(_ => Plan(Endless(100), 3) with { Limit = TimeSpan.FromSeconds(10) }, default)).WaitAsync(Long);

        var last = pieces.Where(piece => piece.Token.Finish is not null).ToList();
        Assert.Equal([0, 1, 2], last.Select(piece => piece.Answer));
        Assert.All(last, piece => Assert.Equal((-1, FinishReason.Length), (piece.Token.Id, piece.Token.Finish)));
        Assert.Equal(10, pieces.Count(piece => piece.Token.Id >= 0));
    }

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    private GenerationLane Lane(int together, int waiting = 16, string name = "m") =>
        new(name, () => _model, new ModelHostSettings { CacheFolder = _folder.Path, MaxTogether = together, MaxWaiting = waiting }, _time);

    /// <summary>Options under which a model does not end by itself before so many tokens.</summary>
    private SamplingOptions Endless(int tokens) => new()
    {
        MaxTokens = tokens, Seed = 1, LogitBias = _model.StopIds.ToImmutableDictionary(id => id, _ => -100.0),
    };

    private static GenerationPlan Plan(SamplingOptions options, int choices) =>
        new([.. Enumerable.Range(0, choices).Select(choice => new GenerationRequest(Prompt, options with { Choice = choice }))]);

    private static void Note(List<string> order, string name, GenerationPiece piece)
    {
        if (piece.Token.Finish is null) return;
        lock (order) order.Add(name);
    }

    private static async Task<List<GenerationPiece>> ReadAsync(IAsyncEnumerable<GenerationPiece> pieces, Action<GenerationPiece>? each = null)
    {
        var read = new List<GenerationPiece>();
        await foreach (var piece in pieces)
        {
            read.Add(piece);
            each?.Invoke(piece);
        }

        return read;
    }

    /// <summary>A clock that goes on by a second each time it is read.</summary>
    private sealed class ReadClock : TimeProvider
    {
        private long _reads;

        public long Reads => Interlocked.Read(ref _reads);

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Interlocked.Increment(ref _reads);
    }
}
