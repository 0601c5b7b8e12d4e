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
        var shared = new SharedRead<string>(_ => { _reads++; return answer.Task; }, Age, _time);

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
        var shared = new SharedRead<string>(before => Task.FromResult($"{before}+{++_reads}"), Age, _time);
        Assert.Equal("+1", await shared.GetAsync(Ct));

        _time.Advance(Age);

        Assert.Equal("+1+2", await shared.GetAsync(Ct));
        Assert.False(shared.IsOlderThan(Age));
        _time.Advance(2 * Age);
        Assert.True(shared.IsOlderThan(Age));
    }

    [Fact]
    public async Task A_read_that_fails_is_not_kept()
    {
        var shared = new SharedRead<string>(_ => _reads++ == 0 ? throw new IOException("away") : Task.FromResult("back"), Age, _time);

        await Assert.ThrowsAsync<IOException>(() => shared.GetAsync(Ct));

        Assert.Equal("back", await shared.GetAsync(Ct));
    }

    [Fact]
    public async Task One_who_leaves_takes_the_read_from_nobody()
    {
        var answer = new TaskCompletionSource<string>();
        var shared = new SharedRead<string>(_ => answer.Task, Age, _time);
        using var leaves = new CancellationTokenSource();
        var (leaving, staying) = (shared.GetAsync(leaves.Token), shared.GetAsync(Ct));

        await leaves.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        answer.SetResult("one");
        Assert.Equal("one", await staying);
    }
}
