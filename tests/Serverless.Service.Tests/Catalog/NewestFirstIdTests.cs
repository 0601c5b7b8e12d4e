using Serverless.Service.Catalog;
using Serverless.Service.Files;
using Serverless.Service.Jobs;

namespace Serverless.Service.Tests.Catalog;

public sealed class NewestFirstIdTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Later_ids_sort_before_earlier_ones_by_their_bytes()
    {
        var times = Enumerable.Range(0, 400).Select(i => Noon.AddMilliseconds(2 * i + Math.Pow(1.08, i))).ToArray();

        var ids = times.Select(NewestFirstId.Random).ToArray();

        Assert.Equal(ids.Reverse(), ids.Order(StringComparer.Ordinal));
        Assert.All(ids, id => Assert.True(NewestFirstId.IsWellFormed(id)));
    }

    [Fact]
    public void The_id_of_a_drop_depends_on_path_version_and_time_only()
    {
        var id = FileId.OfDrop("a/b", "0x1", Noon);

        Assert.Equal(id, FileId.OfDrop("a/b", "0x1", Noon));
        Assert.Equal(4, new[] { id, FileId.OfDrop("a/c", "0x1", Noon), FileId.OfDrop("a/b", "0x2", Noon), FileId.OfDrop("a/b", "0x1", Noon.AddSeconds(1)) }.Distinct().Count());
        Assert.True(id.IsWellFormed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ftjob-")]
    [InlineData("ftjob-0123456789012345678901234u")]
    [InlineData("ftjob-012345678901234567890123456")]
    [InlineData("file-01234567890123456789012345")]
    public void Other_texts_are_no_ids(string text) => Assert.False(new JobId(text).IsWellFormed);

    [Fact]
    public void An_events_id_tells_its_place_in_its_own_job_only()
    {
        var job = JobId.New(TimeProvider.System);

        Assert.Equal(41, JobEventId.Of(job, 41).SequenceIn(job));
        Assert.Null(JobEventId.Of(job, 41).SequenceIn(JobId.New(TimeProvider.System)));
        Assert.Null(new JobEventId("ftevent-abc").SequenceIn(job));
        Assert.Null(default(JobEventId).SequenceIn(job));
    }
}
