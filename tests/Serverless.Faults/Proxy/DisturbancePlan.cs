using System.Globalization;

namespace Serverless.Faults.Proxy;

/// <summary>
/// Chooses what becomes of each call: most pass; of the others each kind of call meets every disturbance, those first that it has not met yet. No call
/// is disturbed more often than its client's patience allows.
/// </summary>
internal sealed class DisturbancePlan(Random random)
{
    // One call in so many, and a call that fails is tried again with growing pauses: no more than so many times in a row.
    private const int OneIn = 8, MostOfOneCall = 2;

    private static readonly Disturbance[] s_all = [.. Enum.GetValues<Disturbance>().Where(one => one != Disturbance.None)];

    private readonly Lock _lock = new();
    private readonly Dictionary<(CallKind, Disturbance), int> _met = [];
    private readonly Dictionary<CallKind, int> _calls = [];
    private readonly Dictionary<string, int> _ofOneCall = [];

    /// <summary>How many calls were disturbed so far.</summary>
    public int Disturbed { get; private set; }

    /// <summary>What is to become of a call.</summary>
    public Disturbance Next(StorageCall call)
    {
        lock (_lock)
        {
            _calls[call.Kind] = _calls.GetValueOrDefault(call.Kind) + 1;
            var rare = _calls[call.Kind] <= 2 * s_all.Length;
            if (random.Next(rare ? 2 : OneIn) != 0 || _ofOneCall.GetValueOrDefault(call.RequestId) >= MostOfOneCall)
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

    /// <summary>The kinds of calls that came and have not met every disturbance.</summary>
    public IReadOnlyList<CallKind> Missing()
    {
        lock (_lock)
            return [.. _calls.Keys.Where(kind => s_all.Any(one => !_met.ContainsKey((kind, one))))];
    }

    /// <summary>How many calls of each kind came, and how many were disturbed.</summary>
    public string Summary()
    {
        lock (_lock)
            return string.Join(", ", _calls.OrderBy(entry => entry.Key).Select(entry =>
                string.Create(CultureInfo.InvariantCulture, $"{entry.Key} {s_all.Sum(one => _met.GetValueOrDefault((entry.Key, one)))} of {entry.Value}")));
    }
}
