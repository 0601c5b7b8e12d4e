using System.Collections.Frozen;
using System.Globalization;

namespace Serverless.Learning.Text.Normalizers;

/// <summary>Combining classes, decompositions and compositions of Unicode, read from the embedded <c>canonical.txt</c>.</summary>
internal sealed class CanonicalData
{
    // Conjoining jamo, Unicode 3.12.
    private const int SyllableStart = 0xAC00, LeadStart = 0x1100, VowelStart = 0x1161, TailStart = 0x11A7;
    private const int LeadCount = 19, VowelCount = 21, TailCount = 28, SyllableCount = LeadCount * VowelCount * TailCount;

    private static readonly Lazy<CanonicalData> Shared = new(Read);

    private readonly FrozenDictionary<int, byte> _classes;
    private readonly FrozenDictionary<(int First, int Second), int> _compositions;
    private readonly FrozenDictionary<int, int[]> _decompositions;
    private readonly FrozenSet<int> _mayChange;

    private CanonicalData(Dictionary<int, byte> classes, Dictionary<(int First, int Second), int> compositions, Dictionary<int, int[]> once)
    {
        _classes = classes.ToFrozenDictionary();
        _compositions = compositions.ToFrozenDictionary();
        var parts = compositions.ToDictionary(pair => pair.Value, pair => pair.Key);
        int[] Full(int codePoint) => parts.TryGetValue(codePoint, out var pair)
            ? [.. Full(pair.First), .. Full(pair.Second)]
            : once.GetValueOrDefault(codePoint, [codePoint]);
        _decompositions = parts.Keys.Concat(once.Keys).ToFrozenDictionary(codePoint => codePoint, Full);
        var joinsBackward = classes.Keys.Concat(compositions.Keys.Select(pair => pair.Second)).ToHashSet();
        // A composed character may begin with one that joins what precedes it.
        _mayChange = joinsBackward.Concat(once.Keys).Concat(parts.Keys.Where(codePoint => joinsBackward.Contains(Full(codePoint)[0]))).ToFrozenSet();
    }

    internal static CanonicalData Instance => Shared.Value;

    /// <summary>The canonical combining class; 0 for starters.</summary>
    internal int ClassOf(int codePoint) => _classes.GetValueOrDefault(codePoint);

    /// <summary>Whether text that holds the code point may differ from its composed form; text without such is composed.</summary>
    internal bool MayChange(int codePoint) =>
        codePoint is >= VowelStart and < VowelStart + VowelCount or > TailStart and < TailStart + TailCount || _mayChange.Contains(codePoint);

    /// <summary>Appends the full canonical decomposition.</summary>
    internal void Decompose(int codePoint, List<int> target)
    {
        if (codePoint is >= SyllableStart and < SyllableStart + SyllableCount)
        {
            var index = codePoint - SyllableStart;
            target.Add(LeadStart + index / (VowelCount * TailCount));
            target.Add(VowelStart + index / TailCount % VowelCount);
            if (index % TailCount != 0)
                target.Add(TailStart + index % TailCount);
        }
        else if (_decompositions.TryGetValue(codePoint, out var parts))
        {
            target.AddRange(parts);
        }
        else
        {
            target.Add(codePoint);
        }
    }

    /// <summary>Whether two code points have a primary composite.</summary>
    internal bool TryCompose(int first, int second, out int composed)
    {
        if (first is >= LeadStart and < LeadStart + LeadCount && second is >= VowelStart and < VowelStart + VowelCount)
        {
            composed = SyllableStart + ((first - LeadStart) * VowelCount + second - VowelStart) * TailCount;
            return true;
        }
        if (first is >= SyllableStart and < SyllableStart + SyllableCount && (first - SyllableStart) % TailCount == 0
            && second is > TailStart and < TailStart + TailCount)
        {
            composed = first + second - TailStart;
            return true;
        }
        return _compositions.TryGetValue((first, second), out composed);
    }

    private static CanonicalData Read()
    {
        var classes = new Dictionary<int, byte>();
        var compositions = new Dictionary<(int First, int Second), int>();
        var once = new Dictionary<int, int[]>();
        using var stream = typeof(CanonicalData).Assembly.GetManifestResourceStream("canonical.txt")
            ?? throw new InvalidOperationException("The assembly holds no resource canonical.txt.");
        using var lines = new StreamReader(stream);
        while (lines.ReadLine() is { } line)
        {
            var fields = line.Split(' ');
            if (fields[0] == "class")
                AddClass(classes, fields);
            else if (fields[0] == "pair")
                compositions.Add((Hex(fields[1]), Hex(fields[2])), Hex(fields[3]));
            else if (fields[0] == "once")
                once.Add(Hex(fields[1]), [.. fields[2..].Select(Hex)]);
        }
        return new CanonicalData(classes, compositions, once);
    }

    private static void AddClass(Dictionary<int, byte> classes, string[] fields)
    {
        var value = byte.Parse(fields[1], CultureInfo.InvariantCulture);
        foreach (var range in fields[2..])
        {
            var ends = range.Split('-');
            for (var codePoint = Hex(ends[0]); codePoint <= Hex(ends[^1]); codePoint++)
                classes.Add(codePoint, value);
        }
    }

    private static int Hex(string digits) => int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
