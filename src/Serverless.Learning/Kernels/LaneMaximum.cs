using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Serverless.Learning.Kernels;

/// <summary>The largest of sixteen numbers.</summary>
internal static class LaneMaximum
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Of(Vector512<float> lanes)
    {
        var half = Vector256.Max(lanes.GetLower(), lanes.GetUpper());
        var quarter = Vector128.Max(half.GetLower(), half.GetUpper());
        return MathF.Max(MathF.Max(quarter[0], quarter[1]), MathF.Max(quarter[2], quarter[3]));
    }
}
