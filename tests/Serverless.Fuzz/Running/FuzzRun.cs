using System.Diagnostics;
using Serverless.Learning;

namespace Serverless.Fuzz.Running;

/// <summary>
/// Runs one target on inputs that follow from a seed and their number, and keeps what it found, each kind once. With the branches counted that inputs take, one that
/// takes a new one is changed further, more often while it is new.
/// </summary>
/// <param name="coverage">Null if no branches are counted.</param>
/// <param name="learned">Inputs that took new branches at another time.</param>
internal sealed class FuzzRun(FuzzTarget target, int seed, Coverage? coverage = null, IReadOnlyList<byte[]>? learned = null)
{
    private const int Newest = 32, MostBytesKept = 1 << 16;

    private static readonly TimeSpan s_longestKept = TimeSpan.FromMilliseconds(50);

    // Counting takes its time.
    private readonly TimeSpan _longest = coverage is null ? target.Longest : 2 * target.Longest;
    private readonly List<byte[]> _corpus = [.. target.Corpus, .. learned ?? []];
    private readonly Dictionary<string, FuzzFinding> _findings = [];
    private readonly Stopwatch _clock = new();

    public FuzzTarget Target => target;

    /// <summary>So many inputs are there at the beginning; they are run first.</summary>
    public int Given { get; } = target.Corpus.Count + (learned?.Count ?? 0);

    public long Executions { get; private set; }

    /// <summary>Edges of the product's code that were taken, 0 if they are not counted.</summary>
    public int Edges => coverage?.Edges ?? 0;

    public TimeSpan Longest { get; private set; }

    /// <summary>How long its steps took.</summary>
    public TimeSpan Elapsed => _clock.Elapsed;

    public IReadOnlyCollection<FuzzFinding> Findings => _findings.Values;

    /// <summary>The input of a number.</summary>
    public byte[] InputOf(long number)
    {
        if (number < Given)
            return _corpus[(int)number];
        var random = new Random(HashCode(seed, number));
        var isNewest = coverage is not null && random.Next(2) == 0;
        return new Mutator(_corpus, target.Words, random).Next(isNewest ? _corpus[^(1 + random.Next(Math.Min(Newest, _corpus.Count)))] : _corpus[random.Next(_corpus.Count)]);
    }

    /// <summary>Runs the next input.</summary>
    /// <returns>The input if it took new branches, and is short and quick enough to be changed further.</returns>
    public byte[]? Step(Action<byte[]>? before = null)
    {
        _clock.Start();
        var number = Executions++;
        var input = InputOf(number);
        before?.Invoke(input);
        if (coverage is not null)
            Coverage.Clear();
        var (elapsed, fault) = Once(input);
        var isNew = coverage?.Add() == true && elapsed < s_longestKept && input.Length <= MostBytesKept && number >= Given;
        // The machine may have been busy with others: what counts is the processor's time, and that the next try is no faster.
        if (fault is null && elapsed > _longest && Once(input) is { Elapsed: var again } && again > _longest)
            fault = ("slow", $"{Math.Min(elapsed.TotalSeconds, again.TotalSeconds):0.0} s; allowed: {_longest.TotalSeconds:0.0} s");
        if (elapsed > Longest)
            Longest = elapsed;
        if (fault is { } found)
            _findings.TryAdd(found.Kind, new FuzzFinding(target.Name, found.Kind, found.Details, number, input));
        if (isNew)
            _corpus.Add(input);
        _clock.Stop();
        return isNew ? input : null;
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
