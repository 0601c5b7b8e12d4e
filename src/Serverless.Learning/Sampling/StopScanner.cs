using System.Collections.Immutable;
using System.Text;

namespace Serverless.Learning.Sampling;

/// <summary>Lets text through as soon as it cannot be the beginning of a stop text any more, and ends at the first stop text.</summary>
internal sealed class StopScanner(ImmutableArray<string> stops)
{
    private readonly StringBuilder held = new();

    /// <summary>A stop text has appeared; nothing is let through after it.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Takes more text and returns what is certain now.</summary>
    public string Append(string text)
    {
        if (Stopped) return "";
        if (stops.IsEmpty) return text;
        held.Append(text);
        var all = held.ToString();
        var end = stops.Select(stop => all.IndexOf(stop, StringComparison.Ordinal)).Where(at => at >= 0).DefaultIfEmpty(-1).Min();
        Stopped = end >= 0;
        var certain = Stopped ? end : all.Length - LongestPossibleBeginning(all);
        held.Clear().Append(all, certain, Stopped ? 0 : all.Length - certain);
        return all[..certain];
    }

    /// <summary>What was held back when the answer ends for another reason.</summary>
    public string Flush()
    {
        var rest = held.ToString();
        held.Clear();
        return rest;
    }

    private int LongestPossibleBeginning(string text) => stops
        .Select(stop => Enumerable.Range(1, Math.Min(stop.Length - 1, text.Length)).LastOrDefault(length => text.EndsWith(stop[..length], StringComparison.Ordinal)))
        .DefaultIfEmpty(0).Max();
}
