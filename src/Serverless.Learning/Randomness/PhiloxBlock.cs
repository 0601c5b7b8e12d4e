namespace Serverless.Learning.Randomness;

/// <summary>Four 32-bit words: a counter of the Philox generator, or the random block that belongs to it.</summary>
public readonly record struct PhiloxBlock(uint X0, uint X1, uint X2, uint X3)
{
    /// <summary>The word of a lane, 0 to 3.</summary>
    public uint this[int lane] => lane switch
    {
        0 => X0,
        1 => X1,
        2 => X2,
        3 => X3,
        _ => throw new ArgumentOutOfRangeException(nameof(lane), lane, "a block has the lanes 0 to 3"),
    };
}
