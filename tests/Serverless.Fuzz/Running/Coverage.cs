using System.Runtime.InteropServices;
using SharpFuzz.Common;

namespace Serverless.Fuzz.Running;

/// <summary>
/// Which branches of the instrumented product inputs have taken so far, and about how often in one input: AFL's map of edges, its counts in the classes
/// 1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127 and more (https://lcamtuf.coredump.cx/afl/technical_details.txt, sections 1 and 2).
/// The instrumented code of a process writes to one map: one input at a time.
/// </summary>
internal sealed unsafe class Coverage
{
    private const int MapSize = 1 << 16;

    private readonly byte[] _seen = new byte[MapSize];

    /// <summary>Edges that any input has taken.</summary>
    public int Edges { get; private set; }

    /// <summary>Gives instrumented code its map; without one it ends the process.</summary>
    public static void Begin() => Trace.SharedMem = (byte*)NativeMemory.AllocZeroed(MapSize);

    /// <summary>Forgets what the last input did.</summary>
    public static void Clear()
    {
        new Span<byte>(Trace.SharedMem, MapSize).Clear();
        Trace.PrevLocation = 0;
    }

    /// <summary>Adds what has been done since the last <see cref="Clear"/>.</summary>
    /// <returns>Whether an edge was taken that none had taken before, or one in another class of counts.</returns>
    public bool Add()
    {
        var map = new ReadOnlySpan<byte>(Trace.SharedMem, MapSize);
        var isNew = false;
        // Most of the map is empty.
        for (var from = 0; map[from..].IndexOfAnyExcept((byte)0) is >= 0 and var skip;)
        {
            var at = from + skip;
            from = at + 1;
            var known = _seen[at];
            _seen[at] |= ClassOf(map[at]);
            if (_seen[at] == known)
                continue;
            Edges += known == 0 ? 1 : 0;
            isNew = true;
        }
        return isNew;
    }

    private static byte ClassOf(byte count) => count switch
    {
        <= 2 => count,
        3 => 4,
        <= 7 => 8,
        <= 15 => 16,
        <= 31 => 32,
        <= 127 => 64,
        _ => 128,
    };
}
