using System.Diagnostics;
using Serverless.Learning.Adapters;
using Serverless.Learning.Models;
using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Training;

/// <summary>
/// The training loop: data of the step, forward, loss, backward, clip, update. It knows neither where data come from nor where
/// checkpoints go, and which weights train is the caller's choice. One step is a pure function of weights, optimiser state and step number.
/// </summary>
internal sealed class TrainingLoop(
    Decoder decoder, FlatParameters parameters, IOptimiser optimiser, LearningRateSchedule schedule, IBatchSource data, LoopSettings settings)
{
    private const int MostSkipsInARow = 3;

    /// <summary>Steps done.</summary>
    public int Step { get; private set; }

    /// <summary>Supervised and unsupervised tokens read so far, padding left out.</summary>
    public long TrainedTokens { get; private set; }

    /// <summary>Steps in a row, up to the last, whose gradient was not finite.</summary>
    public int SkippedInARow { get; private set; }

    public int TotalSteps => data.TotalSteps;

    /// <summary>Takes the next optimiser step.</summary>
    /// <exception cref="DivergenceException">The gradient was not finite for the third time in a row; the weights are those before.</exception>
    public StepMetrics TrainStep()
    {
        var clock = Stopwatch.StartNew();
        using var scope = NewDisposeScope();

        var batch = data.BatchOf(Step);
        var targets = batch.Sum(micro => micro.TargetCount);
        var tokens = batch.Sum(micro => micro.TokenCount);
        parameters.Gradients.zero_();
        var meanLoss = 0.0;
        var correct = 0L;
        foreach (var micro in batch)
        {
            using var pass = NewDisposeScope();
            using var layout = LayoutOf(micro);
            var dropout = settings.Dropout && micro.Examples is { } examples ? new DropoutSource(settings.Seed, Step, examples, micro.Positions!) : null;
            var hidden = decoder.Hidden(micro.Ids, layout, dropout: dropout);
            var (loss, right) = decoder.Loss(hidden, micro.Targets, 1.0 / targets);
            loss.backward();
            meanLoss += loss.item<float>();
            correct += right;
        }

        var norm = parameters.GradientNorm();
        var rate = schedule.At(Step);
        var finite = double.IsFinite(norm) && double.IsFinite(meanLoss);
        if (finite)
        {
            using var noGradient = no_grad();
            if (norm > settings.MaxGradientNorm) parameters.Gradients.mul_(Operand.Of(settings.MaxGradientNorm / norm));
            optimiser.Update(Step, rate);
            SkippedInARow = 0;
        }
        else if (++SkippedInARow == MostSkipsInARow)
        {
            throw new DivergenceException(Step + 1, SkippedInARow);
        }
        Step++;
        TrainedTokens += tokens;
        return new StepMetrics(Step, finite ? meanLoss : -1, correct / (double)targets, rate, finite ? norm : -1, tokens, targets, clock.Elapsed, !finite);
    }

    /// <summary>Where a checkpoint left off; weights and optimiser state are restored by the caller, in place.</summary>
    public void ContinueFrom(int step, long trainedTokens, int skippedInARow)
    {
        Step = step;
        TrainedTokens = trainedTokens;
        SkippedInARow = skippedInARow;
    }

    private SequenceLayout LayoutOf(MicroBatch micro) => micro.Examples is null
        ? SequenceLayout.Causal(decoder.Rotary, micro.Rows, micro.Time)
        : SequenceLayout.At(decoder.Rotary, micro.Rows, micro.Time, micro.Positions!, micro.Documents());
}

/// <param name="MaxGradientNorm">The global L2 norm that gradients are clipped to.</param>
/// <param name="Seed">Keys the dropout masks.</param>
/// <param name="Dropout">Whether adapters drop channels.</param>
internal sealed record LoopSettings(double MaxGradientNorm, long Seed, bool Dropout);
