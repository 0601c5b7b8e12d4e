namespace Serverless.Learning.Sampling.Grammars;

/// <summary>A set of bytes.</summary>
internal readonly record struct ByteSet(UInt128 Low, UInt128 High)
{
    public static ByteSet Range(byte first, byte last)
    {
        var set = default(ByteSet);
        for (int value = first; value <= last; value++) set = set.With((byte)value);
        return set;
    }

    public static ByteSet Of(ReadOnlySpan<byte> values)
    {
        var set = default(ByteSet);
        foreach (var value in values) set = set.With(value);
        return set;
    }

    public bool Contains(byte value) => ((value < 128 ? Low : High) >> (value & 127) & 1) != 0;

    public static ByteSet operator |(ByteSet left, ByteSet right) => new(left.Low | right.Low, left.High | right.High);

    public ByteSet Without(ByteSet other) => new(Low & ~other.Low, High & ~other.High);

    private ByteSet With(byte value) => value < 128 ? this with { Low = Low | UInt128.One << value } : this with { High = High | UInt128.One << (value - 128) };
}
