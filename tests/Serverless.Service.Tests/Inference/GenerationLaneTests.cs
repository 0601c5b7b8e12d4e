using Serverless.Learning;
using Serverless.Service.Inference;

namespace Serverless.Service.Tests.Inference;

public sealed class GenerationLaneTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Pieces_arrive_while_the_generation_goes_on()
    {
        await using var lane = new GenerationLane("m", 4);
        using var go = new SemaphoreSlim(0);
        IEnumerable<int> Generation(CancellationToken cancellationToken)
        {
            yield return 1;
            // Only the reader of the first piece lets the second come.
            Assert.True(go.Wait(Long, cancellationToken));
            yield return 2;
        }

        var seen = new List<int>();
        await foreach (var piece in lane.StreamAsync(Generation, default))
        {
            seen.Add(piece);
            go.Release();
        }

        Assert.Equal([1, 2], seen);
    }

    [Fact]
    public async Task Generations_take_turns_in_the_order_in_which_they_came()
    {
        await using var lane = new GenerationLane("m", 8);
        using var gate = new SemaphoreSlim(0);
        var order = new List<string>();
        IEnumerable<int> Named(string name)
        {
            gate.Wait(Long);
            order.Add($"{name} begins");
            yield return 0;
            order.Add($"{name} ends");
        }

        string[] names = ["a", "b", "c", "d"];
        var readers = new List<Task>();
        foreach (var name in names)
            readers.Add(ReadAsync(lane.StreamAsync(_ => Named(name), default)));
        gate.Release(4);
        await Task.WhenAll(readers).WaitAsync(Long);

        Assert.Equal(names.SelectMany(name => new[] { $"{name} begins", $"{name} ends" }), order);
    }

    [Fact]
    public async Task Beyond_its_bound_a_request_is_refused_at_once()
    {
        await using var lane = new GenerationLane("ft:base::x", 1);
        using var gate = new SemaphoreSlim(0);
        using var begun = new SemaphoreSlim(0);
        IEnumerable<int> Blocked()
        {
            begun.Release();
            gate.Wait(Long);
            yield return 0;
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
    public async Task A_reader_that_leaves_ends_the_generation()
    {
        await using var lane = new GenerationLane("m", 4);
        var ended = new TaskCompletionSource();
        IEnumerable<int> Endless()
        {
            try
            {
                for (var piece = 0; ; piece++)
                    yield return piece;
            }
            finally
            {
                ended.SetResult();
            }
        }

        await foreach (var piece in lane.StreamAsync(_ => Endless(), default))
        {
            if (piece > 3)
                break;
        }

        await ended.Task.WaitAsync(Long);
        Assert.Equal([7], await ReadAsync(lane.StreamAsync(_ => Seven(), default)));
    }

    [Fact]
    public async Task A_reader_that_left_before_its_turn_is_passed_over()
    {
        await using var lane = new GenerationLane("m", 4);
        using var gate = new SemaphoreSlim(0);
        using var leaving = new CancellationTokenSource();
        var begun = false;
        IEnumerable<int> Blocked()
        {
            gate.Wait(Long);
            yield return 0;
        }

        IEnumerable<int> Unwanted()
        {
            begun = true;
            yield return 0;
        }

        var first = ReadAsync(lane.StreamAsync(_ => Blocked(), default));
        var second = ReadAsync(lane.StreamAsync(_ => Unwanted(), leaving.Token));
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        gate.Release();
        await first;
        await ReadAsync(lane.StreamAsync(_ => Seven(), default));

        Assert.False(begun);
    }

    [Fact]
    public async Task A_generation_that_fails_fails_its_reader_and_nobody_else()
    {
        await using var lane = new GenerationLane("m", 4);
        IEnumerable<int> Failing()
        {
            yield return 1;
            throw new InvalidOperationException("broken");
        }

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ReadAsync(lane.StreamAsync(_ => Failing(), default)));

        Assert.Equal("broken", error.Message);
        Assert.Equal([7], await ReadAsync(lane.StreamAsync(_ => Seven(), default)));
    }

    private static IEnumerable<int> Seven() => [7];

    private static async Task<List<int>> ReadAsync(IAsyncEnumerable<int> pieces)
    {
        var read = new List<int>();
        await foreach (var piece in pieces)
            read.Add(piece);
        return read;
    }
}
