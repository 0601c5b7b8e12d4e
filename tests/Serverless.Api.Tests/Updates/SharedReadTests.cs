using Microsoft.Extensions.Time.Testing;
using Serverless.Api.Updates;

namespace Serverless.Api.Tests.Updates;

public sealed class SharedReadTests
{
    private static readonly TimeSpan Age = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new();
    private int _reads;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_who_ask_while_it_reads_and_until_it_is_too_old_get_what_was_read_once()
    {
        var answer = new TaskCompletionSource<string>();
        var shared = Shared((_, _) => { _reads++; return answer.Task; });

        Task<string>[] asked = [shared.GetAsync(Ct), shared.GetAsync(Ct), shared.GetAsync(Ct)];
        answer.SetResult("one");

        Assert.Equal(["one", "one", "one"], await Task.WhenAll(asked));
        _time.Advance(Age - TimeSpan.FromMilliseconds(1));
        Assert.Equal("one", await shared.GetAsync(Ct));
        Assert.Equal(1, _reads);
    }

    [Fact]
    public async Task What_is_too_old_is_read_again_knowing_what_was_read_before()
    {
        var shared = Shared((before, _) => Task.FromResult($"{before}+{++_reads}"));
        Assert.Equal("+1", await shared.GetAsync(Ct));

        _time.Advance(Age);

        Assert.Equal("+1+2", await shared.GetAsync(Ct));
    }

    [Fact]
    public async Task A_read_that_fails_is_not_kept()
    {
        var shared = Shared((_, _) => _reads++ == 0 ? throw new IOException("away") : Task.FromResult("back"));

        await Assert.ThrowsAsync<IOException>(() => shared.GetAsync(Ct));

        Assert.Equal("back", await shared.GetAsync(Ct));
    }

    [Fact]
    public async Task One_who_leaves_takes_the_read_from_nobody()
    {
        var answer = new TaskCompletionSource<string>();
        var shared = Shared((_, _) => answer.Task);
        using var leaves = new CancellationTokenSource();
        var (leaving, staying) = (shared.GetAsync(leaves.Token), shared.GetAsync(Ct));

        await leaves.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        answer.SetResult("one");
        Assert.Equal("one", await staying);
    }

    [Fact]
    public async Task A_read_that_stands_still_ends_and_the_next_one_who_asks_begins_another()
    {
        var shared = Shared(async (_, ct) =>
        {
            if (++_reads == 1)
                await Task.Delay(Timeout.Infinite, ct);
            return "moves";
        });
        var standing = shared.GetAsync(Ct);
        while (_reads == 0)
            await Task.Yield();

        _time.Advance(SharedRead<string>.Patience);

        await Assert.ThrowsAsync<TimeoutException>(() => standing);
        Assert.Equal("moves", await shared.GetAsync(Ct));
    }

    private SharedRead<string> Shared(Func<string?, CancellationToken, Task<string>> read) => new(read, Age, _time);
}
