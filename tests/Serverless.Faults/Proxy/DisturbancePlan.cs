using System.Globalization;

namespace Serverless.Faults.Proxy;

/// <summary>
/// Chooses what becomes of each call: most pass; of the others each kind of call meets every disturbance, those first that it has not met yet. No call
/// is disturbed more often than its client's patience allows.
/// </summary>
/// <param name="eager">Whether the first calls of a kind are all disturbed, until it has met every disturbance; otherwise about every second.</param>
internal sealed class DisturbancePlan(Random random, bool eager = false)
{
    // One call in so many, and a call that fails is tried again with growing pauses: no more than so many times in a row.
    private const int OneIn = 8, MostOfOneCall = 2;

    private static readonly Disturbance[] s_all = [.. Enum.GetValues<Disturbance>().Where(one => one != Disturbance.None)];

    private readonly Lock _lock = new();
    private readonly Dictionary<(CallKind, Disturbance), int> _met = [];
    private readonly Dictionary<CallKind, int> _calls = [];
    private readonly Dictionary<string, int> _ofOneCall = [];

    /// <summary>Every kind of call that a head makes, and that a storage has to be faulty at.</summary>
    public static IReadOnlyList<CallKind> Required { get; } = [.. Enum.GetValues<CallKind>().Where(kind => kind != CallKind.Other)];

    /// <summary>How many calls were disturbed so far.</summary>
    public int Disturbed { get; private set; }

    /// <summary>What is to become of a call.</summary>
    public Disturbance Next(StorageCall call)
    {
        lock (_lock)
        {
            _calls[call.Kind] = _calls.GetValueOrDefault(call.Kind) + 1;
            if (random.Next(OneInOf(call.Kind)) != 0 || _ofOneCall.GetValueOrDefault(call.RequestId) >= MostOfOneCall)
                return Disturbance.None;
            var least = s_all.Min(one => _met.GetValueOrDefault((call.Kind, one)));
            var open = s_all.Where(one => _met.GetValueOrDefault((call.Kind, one)) == least).ToArray();
            var chosen = open[random.Next(open.Length)];
            _met[(call.Kind, chosen)] = least + 1;
            _ofOneCall[call.RequestId] = _ofOneCall.GetValueOrDefault(call.RequestId) + 1;
            Disturbed++;
            return chosen;
        }
    }

    /// <summary>What was not tried, each in words: a kind of call that did not meet every disturbance, whether or not it came, and calls that no kind is known for.</summary>
    public IReadOnlyList<string> Missing()
    {
        lock (_lock)
        {
            var missing = Required.Select(kind => (Kind: kind, Open: OpenOf(kind))).Where(one => one.Open.Count > 0).Select(one => one.Open.Count == s_all.Length
                ? $"{one.Kind} met no disturbance" : $"{one.Kind} did not meet {string.Join(", ", one.Open)}");
            return [.. missing, .. _calls.TryGetValue(CallKind.Other, out var others) ? [string.Create(CultureInfo.InvariantCulture, $"{others} calls are of a kind that is not known")] : (string[])[]];
        }
    }

    /// <summary>How many calls of each kind came, and how many of them met which disturbance: the lines of a table.</summary>
    public IReadOnlyList<string> Table()
    {
        lock (_lock)
            return
            [
                $"| call | came | {string.Join(" | ", s_all)} |",
                $"|---|---:|{string.Concat(s_all.Select(_ => "---:|"))}",
                .. Required.Concat(_calls.Keys.Except(Required)).Select(kind => Row(kind.ToString(), _calls.GetValueOrDefault(kind), one => _met.GetValueOrDefault((kind, one)))),
                Row("all", _calls.Values.Sum(), one => _met.Where(entry => entry.Key.Item2 == one).Sum(entry => entry.Value)),
            ];
    }

    private static string Row(string name, int came, Func<Disturbance, int> met) =>
        string.Create(CultureInfo.InvariantCulture, $"| {name} | {came} | {string.Join(" | ", s_all.Select(met))} |");

    private int OneInOf(CallKind kind)
    {
        if (eager && OpenOf(kind).Count > 0)
            return 1;
        var isRare = _calls[kind] <= 2 * s_all.Length;
        return isRare ? 2 : OneIn;
    }

    private IReadOnlyList<Disturbance> OpenOf(CallKind kind) => [.. s_all.Where(one => !_met.ContainsKey((kind, one)))];
}
