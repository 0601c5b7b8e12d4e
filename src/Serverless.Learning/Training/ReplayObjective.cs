using Serverless.Learning.Models;
using Serverless.Learning.Pretraining;
using TorchSharp;

namespace Serverless.Learning.Training;

/// <summary>
/// Another objective, with general text rehearsed beside it: a step's loss is (1 - share) times the method's plus share times the mean
/// cross-entropy of some rows of text (PPO-ptx, Ouyang et al., arXiv 2203.02155, equation 2, written as a convex combination, so that the step keeps
/// its size). The loss that is reported stays the method's own; the text's is the figure <c>replay_loss</c>.
/// </summary>
internal sealed class ReplayObjective : IObjective, IBatchSource
{
    private readonly TextRows rows;
    private readonly int rowsOfStep;
    private readonly int targets;
    private readonly double share;

    public ReplayObjective(IObjective method, GeneralText text, double share, TrainingOptions options)
    {
        Method = method;
        this.share = share;
        rows = new TextRows(new TokenStream(text.Replayed, text.Separator, text.Time, options.Seed, "replay"), options.Adapter.Dropout > 0);
        rowsOfStep = ReplayTask.RowsOfStep(share, options.BatchSize);
        targets = rowsOfStep * text.Time;
    }

    public IObjective Method { get; }

    public IBatchSource Batches => this;

    public int TotalSteps => Method.Batches.TotalSteps;

    public double StepsPerEpoch => Method.Batches.StepsPerEpoch;

    public IEnumerable<int[]> Texts() => Method.Texts();

    public IReadOnlyList<MicroBatch> BatchOf(int step) =>
        [.. Method.Batches.BatchOf(step), .. rows.Take((long)step * rowsOfStep, rowsOfStep).Select(Marked)];

    public torch.Tensor ShareOf(Decoder decoder, torch.Tensor hidden, MicroBatch micro, StepReport report)
    {
        if (!micro.IsReplayed) return Method.ShareOf(decoder, hidden, micro, report).mul(Native.Operand.Of(1 - share));
        var (loss, _) = decoder.Loss(hidden, micro.Targets, 1.0 / targets);
        report.Add("replay_loss", loss.item<float>() * targets, micro.TargetCount);
        return loss.mul(Native.Operand.Of(share));
    }

    public void Report(StepReport report) => Method.Report(report);

    public void Look(Decoder decoder, StepReport report, CancellationToken cancellation) => Method.Look(decoder, report, cancellation);

    public ValidationScores? Validate(LanguageModel model, CancellationToken cancellation) => Method.Validate(model, cancellation);

    /// <summary>Dropout is drawn by example: rows of text are numbered from the other end than the examples of the data set.</summary>
    private static MicroBatch Marked(MicroBatch micro) => micro with
    {
        IsReplayed = true, Examples = micro.Examples is null ? null : [.. micro.Examples.Select(row => int.MaxValue - row)],
    };
}
