using System.Diagnostics;
using Serverless.Learning;

namespace Serverless.Fuzz.Running;

/// <summary>Runs one target on inputs that follow from a seed and their number, and keeps what it found, each kind once.</summary>
public sealed class FuzzRun(FuzzTarget target, int seed)
{
    private readonly Dictionary<string, FuzzFinding> _findings = [];
    private readonly Stopwatch _clock = new();

    public FuzzTarget Target => target;

    public long Executions { get; private set; }

    public TimeSpan Longest { get; private set; }

    /// <summary>How long its steps took.</summary>
    public TimeSpan Elapsed => _clock.Elapsed;

    public IReadOnlyCollection<FuzzFinding> Findings => _findings.Values;

    /// <summary>The input of a number.</summary>
    public byte[] InputOf(long number) => number < target.Corpus.Count
        ? target.Corpus[(int)number]
        : new Mutator(target, new Random(HashCode(seed, number))).Next();

    /// <summary>Runs the next input.</summary>
    public void Step(Action<byte[]>? before = null)
    {
        _clock.Start();
        var number = Executions++;
        var input = InputOf(number);
        before?.Invoke(input);
        var (elapsed, fault) = Once(input);
        // The machine may have been busy with others: what counts is the processor's time, and that the next try is no faster.
        if (fault is null && elapsed > target.Longest && Once(input) is { Elapsed: var again } && again > target.Longest)
            fault = ("slow", $"{Math.Min(elapsed.TotalSeconds, again.TotalSeconds):0.0} s; allowed: {target.Longest.TotalSeconds:0.0} s");
        if (elapsed > Longest)
            Longest = elapsed;
        if (fault is { } found)
            _findings.TryAdd(found.Kind, new FuzzFinding(target.Name, found.Kind, found.Details, number, input));
        _clock.Stop();
    }

    private (TimeSpan Elapsed, (string Kind, string Details)? Fault) Once(byte[] input)
    {
        (string, string)? fault = null;
        var begun = Stopwatch.GetTimestamp();
        var processor = Environment.CpuUsage.TotalTime;
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            target.Run(input);
        }
        catch (InputError error) when (error.Message.Length > 0)
        {
            // Refused, as it may be.
        }
#pragma warning disable CA1031 // whatever comes out is what is looked for
        catch (Exception other)
#pragma warning restore CA1031
        {
            fault = (PlaceOf(other), other.ToString());
        }
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        var wall = Stopwatch.GetElapsedTime(begun);
        processor = Environment.CpuUsage.TotalTime - processor;
        var allowed = target.Bytes + target.BytesPerByte * input.Length;
        if (fault is null && allocated > allowed)
            fault = ("memory", $"{allocated:N0} bytes for {input.Length:N0} bytes of input; allowed: {allowed:N0}");
        return (wall < processor ? wall : processor, fault);
    }

    /// <summary>The exception's type with the innermost method of the product that it passed.</summary>
    private static string PlaceOf(Exception fault)
    {
        var frame = fault.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains(" Serverless.", StringComparison.Ordinal)) ?? "";
        var method = frame.Split('(')[0].Trim();
        return $"{fault.GetType().Name} {method}".Trim();
    }

    /// <summary>The same in every process, unlike <see cref="System.HashCode"/>.</summary>
    private static int HashCode(int seed, long number)
    {
        var mixed = unchecked(((ulong)(uint)seed << 32 ^ (ulong)number) * 0x9E3779B97F4A7C15);
        return (int)(mixed >> 33);
    }
}
