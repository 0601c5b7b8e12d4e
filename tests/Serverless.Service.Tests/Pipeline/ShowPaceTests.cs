using Microsoft.Extensions.Time.Testing;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Service.Tests.Pipeline;

public sealed class ShowPaceTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void What_is_new_is_shown_at_once_and_what_was_shown_is_not_shown_again()
    {
        var pace = new ShowPace(_clock);
        Assert.True(pace.IsDue((0, 0)));

        pace.Shown((1, 1), 100);
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.False(pace.IsDue((1, 1)));
        Assert.True(pace.IsDue((2, 1)));
        Assert.True(pace.IsDue((1, 2)));
    }

    [Fact]
    public void What_takes_many_bytes_is_shown_the_less_often()
    {
        var pace = new ShowPace(_clock);
        pace.Shown((1000, 100), 5 * ShowPace.BytesPerSecond);

        _clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(pace.IsDue((2000, 200)));

        _clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.True(pace.IsDue((2000, 200)));
    }

    [Fact]
    public void However_many_bytes_it_takes_what_is_shown_is_not_older_than_the_longest_rest()
    {
        var pace = new ShowPace(_clock);
        pace.Shown((1000, 100), 1000L * ShowPace.BytesPerSecond);

        _clock.Advance(ShowPace.LongestRest);

        Assert.True(pace.IsDue((2000, 200)));
    }

    [Fact]
    public void After_a_commit_there_is_little_to_show_and_no_need_to_wait()
    {
        var pace = new ShowPace(_clock);
        pace.Shown((1000, 100), 5 * ShowPace.BytesPerSecond);

        pace.Committed();

        Assert.True(pace.IsDue((1001, 0)));
    }
}
