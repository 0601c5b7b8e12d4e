namespace Serverless.Learning.Models.Positions;

/// <summary>What the angles of one kind of layer are made of: a position times frequency i of <see cref="Size"/> / 2.</summary>
/// <param name="Base">The base of the frequencies (<c>rope_theta</c>).</param>
/// <param name="Size">Channels of a head that turn, from its first; even. The others pass unturned (<c>partial_rotary_factor</c>).</param>
/// <param name="Scaling">How the frequencies are stretched for a longer context; null for not at all.</param>
public sealed record RotarySettings(double Base, int Size, RotaryScaling? Scaling = null)
{
    /// <summary>Radians per position of each pair of channels: base^(-2i / size), stretched.</summary>
    /// <returns>[size / 2]</returns>
    public double[] Frequencies()
    {
        var frequencies = Enumerable.Range(0, Size / 2).Select(pair => Math.Pow(Base, -2.0 * pair / Size)).ToArray();
        return Scaling?.Stretch(frequencies, this) ?? frequencies;
    }
}
