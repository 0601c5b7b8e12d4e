namespace Serverless.Learning.Models.Positions;

/// <summary>A way to run a model on sequences longer than those it was first trained on (<c>rope_scaling</c>).</summary>
public abstract record RotaryScaling
{
    /// <summary>What cosines and sines are multiplied by, so that scores keep their spread over a longer context.</summary>
    public virtual double Amplitude => 1;

    /// <summary>The frequencies to use in place of the plain ones.</summary>
    /// <param name="frequencies">[size / 2], radians per position, from the fastest to the slowest.</param>
    /// <returns>[size / 2]</returns>
    public abstract double[] Stretch(double[] frequencies, RotarySettings settings);
}
