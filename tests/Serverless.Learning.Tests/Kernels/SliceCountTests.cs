using Serverless.Learning.Kernels;

namespace Serverless.Learning.Tests.Kernels;

public sealed unsafe class SliceCountTests
{
    [Theory]
    [InlineData(1, 2)]
    [InlineData(7, 2)]
    [InlineData(64, 5)]
    [InlineData(3, 8)]
    public void Threads_in_turns_take_each_slice_once_and_each_begins_with_its_own_in_their_order(int slices, int threads)
    {
        var counts = stackalloc SliceCount[threads];
        new Span<SliceCount>(counts, threads).Clear();
        var taken = Enumerable.Range(0, threads).Select(_ => new List<int>()).ToArray();

        for (var open = true; open;)
        {
            open = false;
            for (var own = 0; own < threads; own++)
            {
                var slice = SliceCount.Take(counts, slices, threads, own);
                if (slice < 0) continue;
                taken[own].Add(slice);
                open = true;
            }
        }

        Assert.Equal(Enumerable.Range(0, slices), taken.SelectMany(own => own).Order());
        for (var own = 0; own < threads; own++)
        {
            var (first, end) = (slices * own / threads, slices * (own + 1) / threads);
            var mine = taken[own].Where(slice => slice >= first && slice < end).ToList();
            Assert.Equal(Enumerable.Range(first, mine.Count), taken[own].Take(mine.Count));
        }
    }

    [Fact]
    public void One_thread_takes_what_was_meant_for_those_that_do_not_come()
    {
        var counts = stackalloc SliceCount[3];
        new Span<SliceCount>(counts, 3).Clear();
        var taken = new List<int>();

        for (int slice; (slice = SliceCount.Take(counts, 10, 3, thread: 1)) >= 0;) taken.Add(slice);

        Assert.Equal([3, 4, 5, 6, 7, 8, 9, 0, 1, 2], taken);
        Assert.Equal(-1, SliceCount.Take(counts, 10, 3, thread: 0));
    }
}
