using System.Collections.Immutable;

namespace Serverless.Benchmarks;

/// <summary>What one process found out about one scenario.</summary>
/// <param name="Seconds">Wall-clock time of each repetition.</param>
/// <param name="Units">What a repetition works through, in the scenario's unit.</param>
/// <param name="Work">What a repetition needs at least, in the unit of the scenario's ceiling: FLOP or bytes; 0 where it has none.</param>
/// <param name="PeakBytes">The most memory that the process which does the work held at once.</param>
/// <param name="ManagedBytes">Managed memory allocated in a repetition; null where another process does the work.</param>
/// <param name="TensorsGrown">Tensors that are alive after all repetitions and were not before them; null where another process does the work.</param>
internal sealed record Reading(
    IReadOnlyList<double> Seconds, double Units, double Work, long PeakBytes, long? ManagedBytes, long? TensorsGrown)
{
    /// <summary>What else was found out, by the scenario's names for it.</summary>
    public IReadOnlyDictionary<string, double> Figures { get; init; } = ImmutableDictionary<string, double>.Empty;

    /// <summary>Of the median repetition.</summary>
    public double Time => Median.Of(Seconds);

    /// <summary>Units a second, of the median repetition.</summary>
    public double Rate => Units / Time;

    /// <summary>FLOP or bytes a second that were needed, of the median repetition.</summary>
    public double WorkRate => Work / Time;
}
