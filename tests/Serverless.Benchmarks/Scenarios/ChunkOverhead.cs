using Serverless.Service.Jobs;

namespace Serverless.Benchmarks.Scenarios;

/// <summary>What chunks of training cost besides their steps.</summary>
/// <param name="Change">From the end of a chunk's last step to the beginning of the next chunk's first one: state saved, committed and taken up, workflow.</param>
/// <param name="Inside">The share of the time between a chunk's first and last step that lies between its steps.</param>
internal sealed record ChunkOverhead(TimeSpan Change, double Inside)
{
    private static readonly TimeSpan Chunk = TimeSpan.FromMinutes(4);

    /// <summary>A chunk of four minutes saves once a minute. Each time is counted as if the chunk ended there, though most of a save goes on while steps are taken.</summary>
    private const int Saves = 4;

    /// <summary>The share of a four-minute chunk, at most.</summary>
    public double OfFourMinutes => Inside + Saves * (Change / Chunk);

    /// <param name="steps">In order, from the first on.</param>
    /// <param name="begins">The first step of each chunk, and that of one which has begun only; two at least.</param>
    public static ChunkOverhead Of(IReadOnlyList<JobMetrics> steps, IReadOnlyList<int> begins)
    {
        var first = steps[0].Step;
        var changes = begins.Skip(1).Select(begin => (BeginOf(steps[begin - first]) - steps[begin - first - 1].CreatedAt).TotalSeconds);
        var (inside, between) = (0.0, 0.0);
        foreach (var (begin, next) in begins.Zip(begins.Skip(1)))
        {
            var chunk = steps.Skip(begin - first).Take(next - begin).ToList();
            var all = (chunk[^1].CreatedAt - BeginOf(chunk[0])).TotalSeconds;
            inside += all;
            between += all - chunk.Sum(step => step.Seconds);
        }
        return new ChunkOverhead(TimeSpan.FromSeconds(Median.Of(changes)), between / inside);
    }

    /// <summary>When a step began.</summary>
    public static DateTimeOffset BeginOf(JobMetrics step) => step.CreatedAt - TimeSpan.FromSeconds(step.Seconds);
}
