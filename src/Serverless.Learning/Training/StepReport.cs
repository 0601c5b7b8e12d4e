namespace Serverless.Learning.Training;

/// <summary>One step's batch as a whole, and the sums that its micro-batches measure.</summary>
/// <param name="batch">All of its micro-batches.</param>
internal sealed class StepReport(IReadOnlyList<MicroBatch> batch)
{
    private readonly FigureMeans figures = new();
    private long correct;
    private bool predicts;

    /// <summary>The micro-batches that the method learns from: all but replayed text.</summary>
    public IReadOnlyList<MicroBatch> Batch { get; } = [.. batch.Where(micro => !micro.IsReplayed)];

    /// <summary>Tokens that the method predicts in the whole step: the denominator of a mean over tokens.</summary>
    public int Targets { get; } = batch.Where(micro => !micro.IsReplayed).Sum(micro => micro.TargetCount);

    /// <summary>Tokens read in the whole step, those of replayed text among them, padding left out.</summary>
    public int Tokens { get; } = batch.Sum(micro => micro.TokenCount);

    /// <summary>The step's loss as far as its micro-batches were measured.</summary>
    public double Loss { get; private set; }

    /// <summary>The share of predicted tokens that were most likely; null for objectives that are not about predicting tokens.</summary>
    public double? Accuracy => predicts ? correct / (double)Targets : null;

    /// <summary>The means of the method's own figures, by name.</summary>
    public IReadOnlyDictionary<string, double> Figures => figures.Means();

    /// <summary>Adds a micro-batch's share of the loss.</summary>
    public void AddLoss(double share) => Loss += share;

    /// <summary>Adds how many of a micro-batch's targets were the most likely tokens.</summary>
    public void AddCorrect(long count)
    {
        correct += count;
        predicts = true;
    }

    /// <inheritdoc cref="FigureMeans.Add"/>
    public void Add(string name, double sum, double count) => figures.Add(name, sum, count);
}
