using System.Collections.Immutable;

namespace Serverless.Learning.Data;

/// <summary>The faults found in a data set: all are counted, the first eleven are kept.</summary>
internal sealed class FaultList(ImmutableArray<string> listed = default, int count = 0)
{
    /// <summary>The first fault and ten more.</summary>
    public const int MaxListed = 11;

    private readonly List<string> _listed = listed.IsDefault ? [] : [.. listed];

    /// <summary>How many faults were found.</summary>
    public int Count { get; private set; } = count;

    /// <summary>The first faults, in the order of the file.</summary>
    public ImmutableArray<string> Listed => [.. _listed];

    public void Add(string fault)
    {
        Count++;
        if (_listed.Count < MaxListed)
            _listed.Add(fault);
    }

    /// <summary>Adds a fault of the whole file, which is named before those of its lines.</summary>
    public void AddFirst(string fault)
    {
        Count++;
        if (_listed.Count == MaxListed)
            _listed.RemoveAt(MaxListed - 1);
        _listed.Insert(0, fault);
    }

    /// <summary>The message of the error: the first fault, and up to ten more on lines of their own; null if there is none.</summary>
    public static string? Message(IReadOnlyList<string> listed, int count)
    {
        if (count == 0)
            return null;
        if (count == 1)
            return listed[0];
        var rest = count > listed.Count ? $"\n(and {count - listed.Count} more)" : "";
        return $"{string.Join('\n', listed)}{rest}";
    }

    /// <summary>The error that these faults make, or null if there is none.</summary>
    public InputError? ToError() => Message(_listed, Count) is { } message ? new InputError(message) : null;
}
