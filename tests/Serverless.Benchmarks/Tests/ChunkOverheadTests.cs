using Serverless.Benchmarks.Scenarios;
using Serverless.Service.Jobs;

namespace Serverless.Benchmarks.Tests;

/// <summary>What is made of the times of steps.</summary>
public sealed class ChunkOverheadTests
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Chunks of two steps, four seconds each; 1.2, then 0.6 seconds between chunks, and 0.08 between the steps of one.</summary>
    private static readonly JobMetrics[] Steps = [Step(1, 4), Step(2, 8.08), Step(3, 13.28), Step(4, 17.36), Step(5, 21.96)];

    [Fact]
    public void A_change_of_chunks_is_the_time_between_their_steps()
    {
        var overhead = ChunkOverhead.Of(Steps, [1, 3, 5]);
        Assert.Equal(0.9, overhead.Change.TotalSeconds, 6);
        Assert.Equal(0.08 / 8.08, overhead.Inside, 6);
    }

    [Fact]
    public void A_four_minute_chunk_counts_a_change_for_each_of_its_saves_and_what_lies_between_steps() =>
        Assert.Equal(0.08 / 8.08 + 4 * 0.9 / 240, ChunkOverhead.Of(Steps, [1, 3, 5]).OfFourMinutes, 6);

    [Fact]
    public void A_step_begins_its_length_before_its_end() => Assert.Equal(Begin.AddSeconds(4.08), ChunkOverhead.BeginOf(Steps[1]));

    private static JobMetrics Step(int number, double end) => new()
    {
        Step = number, CreatedAt = Begin.AddSeconds(end), TrainLoss = 1, LearningRate = 1, GradientNorm = 1, Tokens = 1, Seconds = 4,
    };
}
