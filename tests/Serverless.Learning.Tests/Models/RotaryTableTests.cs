using System.Runtime.InteropServices;
using Serverless.Learning.Models.Positions;
using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Models;

public sealed class RotaryTableTests
{
    private const int Positions = 4096;
    private static readonly RotarySettings s_settings = new(10_000, 16);

    public RotaryTableTests() => NativeRuntime.EnsureLoaded();

    [Fact]
    public void Several_threads_read_a_table_that_grows_under_them()
    {
        using var whole = new RotaryTable(s_settings, Positions);
        var expected = Cosines(whole, Positions);
        for (var round = 0; round < 20; round++)
        {
            using var table = new RotaryTable(s_settings, Positions);
            Parallel.For(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 4 }, at =>
            {
                var count = 1 + at * 61;
                Assert.True(Cosines(table, count).AsSpan().SequenceEqual(expected.AsSpan(0, count * s_settings.Size)), $"other values in the first {count} rows");
            });
        }
    }

    private static float[] Cosines(RotaryTable table, int count)
    {
        using var scope = NewDisposeScope();
        return MemoryMarshal.Cast<byte, float>(table.First(count).Cosines.bytes).ToArray();
    }
}
