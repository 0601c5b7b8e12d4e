namespace Serverless.Learning.Training;

/// <summary>The gradient was not finite several steps in a row: the run stops at its last good checkpoint.</summary>
public sealed class DivergenceException(int step, int skipped) : Exception(
    $"step {step}: the gradient was not finite for {skipped} steps in a row; lower the learning rate or look at the data of these steps")
{
    /// <summary>The step, 1-based, that could not be taken.</summary>
    public int Step { get; } = step;

    /// <summary>How many steps in a row, that one among them, had no finite gradient.</summary>
    public int Skipped { get; } = skipped;
}
