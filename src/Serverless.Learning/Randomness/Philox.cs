namespace Serverless.Learning.Randomness;

/// <summary>
/// The counter-based generator Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011). A value is a pure
/// function of (seed, step, module, index): nothing is carried from one draw to the next, so any step can be repeated by itself
/// and two paths that ask for the same index agree.
/// </summary>
/// <remarks>The seed is the 64-bit key; the counter's words are index (low, high), step and module, so no two keys share a block.</remarks>
public readonly record struct Philox
{
    private const uint MultiplierA = 0xD2511F53, MultiplierB = 0xCD9E8D57;
    private const uint WeylA = 0x9E3779B9, WeylB = 0xBB67AE85;

    private readonly uint _key0, _key1, _step, _module;

    /// <param name="seed">The job's seed.</param>
    /// <param name="step">The optimiser step, the epoch, or whatever counts the repetitions of this use.</param>
    /// <param name="module">Which use draws (a layer's dropout, the order of data, sampling): distinct uses take distinct numbers.</param>
    public Philox(long seed, int step = 0, int module = 0)
    {
        _key0 = (uint)seed;
        _key1 = (uint)((ulong)seed >> 32);
        _step = (uint)step;
        _module = (uint)module;
    }

    /// <summary>The block of four words at an index.</summary>
    public PhiloxBlock Block(ulong index) => Bijection(new PhiloxBlock((uint)index, (uint)(index >> 32), _step, _module), _key0, _key1);

    /// <summary>64 random bits at an index; two indices share a block.</summary>
    public ulong UInt64(ulong index)
    {
        var block = Block(index >> 1);
        return (index & 1) == 0 ? block.X0 | ((ulong)block.X1 << 32) : block.X2 | ((ulong)block.X3 << 32);
    }

    /// <summary>A uniform number of [0, 1) with 24 random bits at an index; four indices share a block.</summary>
    public float Single(ulong index) => ToSingle(Block(index >> 2)[(int)(index & 3)]);

    /// <summary>A uniform number of [0, 1) with 53 random bits at an index; two indices share a block.</summary>
    public double Double(ulong index) => (UInt64(index) >> 11) * (1.0 / (1ul << 53));

    /// <summary>The numbers that <see cref="Single"/> gives at start, start + 1, and so on.</summary>
    public void Fill(Span<float> destination, ulong start = 0)
    {
        var i = 0;
        for (; i < destination.Length && ((start + (ulong)i) & 3) != 0; i++)
            destination[i] = Single(start + (ulong)i);
        for (; i + 4 <= destination.Length; i += 4)
        {
            var block = Block((start + (ulong)i) >> 2);
            destination[i] = ToSingle(block.X0);
            destination[i + 1] = ToSingle(block.X1);
            destination[i + 2] = ToSingle(block.X2);
            destination[i + 3] = ToSingle(block.X3);
        }
        for (; i < destination.Length; i++)
            destination[i] = Single(start + (ulong)i);
    }

    /// <summary>A uniformly random order of 0 to count - 1 (Fisher-Yates; the bias of each draw is below count / 2^64).</summary>
    public int[] Permutation(int count)
    {
        var order = new int[count];
        for (var i = 0; i < count; i++)
            order[i] = i;
        for (var i = count - 1; i > 0; i--)
        {
            var j = (int)Math.BigMul(UInt64((ulong)i), (ulong)i + 1, out _);
            (order[i], order[j]) = (order[j], order[i]);
        }
        return order;
    }

    /// <summary>The ten rounds themselves: counter and key to random block.</summary>
    public static PhiloxBlock Bijection(PhiloxBlock counter, uint key0, uint key1)
    {
        var (x0, x1, x2, x3) = counter;
        for (var round = 0; round < 10; round++)
        {
            var a = (ulong)MultiplierA * x0;
            var b = (ulong)MultiplierB * x2;
            (x0, x1, x2, x3) = ((uint)(b >> 32) ^ x1 ^ key0, (uint)b, (uint)(a >> 32) ^ x3 ^ key1, (uint)a);
            key0 += WeylA;
            key1 += WeylB;
        }
        return new PhiloxBlock(x0, x1, x2, x3);
    }

    private static float ToSingle(uint word) => (word >> 8) * (1f / (1 << 24));
}
