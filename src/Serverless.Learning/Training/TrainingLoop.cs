using System.Diagnostics;
using Serverless.Learning.Adapters;
using Serverless.Learning.Kernels;
using Serverless.Learning.Models;
using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Training;

/// <summary>
/// The training loop: data of the step, forward, loss, backward, clip, update. It knows neither where data come from nor where
/// checkpoints go; what is learned is the objective's, and which weights train is the caller's choice. One step is a pure function of
/// weights, optimiser state and step number.
/// </summary>
internal sealed class TrainingLoop(
    Decoder decoder, FlatParameters parameters, IOptimiser optimiser, LearningRateSchedule schedule, IObjective objective, LoopSettings settings)
{
    private const int MostSkipsInARow = 3;

    /// <summary>Steps done.</summary>
    public int Step { get; private set; }

    /// <summary>Supervised and unsupervised tokens read so far, padding left out.</summary>
    public long TrainedTokens { get; private set; }

    /// <summary>Steps in a row, up to the last, whose gradient was not finite.</summary>
    public int SkippedInARow { get; private set; }

    public int TotalSteps => objective.Batches.TotalSteps;

    /// <summary>Takes the next optimiser step.</summary>
    /// <param name="drop">
    /// Drops the step before its next micro-batch. That leaves nothing: gradients are cleared when a step begins, everything else changes when all of them are
    /// there. So it is taken again, here or from a checkpoint, as if it had never begun.
    /// </param>
    /// <exception cref="OperationCanceledException">The step was dropped.</exception>
    /// <exception cref="DivergenceException">
    /// The gradient was not finite for the third time in a row. Weights and counters are those before, so that they can be saved, and trying again ends the same.
    /// </exception>
    public StepMetrics TrainStep(CancellationToken drop = default)
    {
        var clock = Stopwatch.StartNew();
        using var scope = NewDisposeScope();

        var batch = objective.Batches.BatchOf(Step);
        var report = new StepReport(batch);
        objective.Report(report);
        objective.Look(decoder, report, drop);
        parameters.Gradients.zero_();
        foreach (var micro in batch)
        {
            drop.ThrowIfCancellationRequested();
            using var pass = NewDisposeScope();
            using var layout = micro.LayoutFor(decoder);
            var dropout = settings.Dropout && micro.Examples is { } examples ? new DropoutSource(settings.Seed, Step, examples, micro.Positions!) : null;
            var hidden = decoder.Hidden(micro.Ids, layout, dropout: dropout);
            AutogradGraph.Backward(objective.ShareOf(decoder, hidden, micro, report));
        }

        var backward = clock.Elapsed;
        var norm = parameters.GradientNorm();
        var rate = schedule.At(Step);
        var finite = double.IsFinite(norm) && double.IsFinite(report.Loss);
        if (finite)
        {
            using var noGradient = no_grad();
            if (norm > settings.MaxGradientNorm) parameters.Gradients.mul_(Operand.Of(settings.MaxGradientNorm / norm));
            optimiser.Update(Step, rate);
            SkippedInARow = 0;
        }
        else
        {
            if (SkippedInARow + 1 == MostSkipsInARow) throw new DivergenceException(Step + 1, MostSkipsInARow);
            SkippedInARow++;
        }
        Step++;
        TrainedTokens += report.Tokens;
        return new StepMetrics(
            Step, finite ? report.Loss : null, finite ? report.Accuracy : null, rate, finite ? norm : null, report.Tokens, report.Targets, clock.Elapsed, !finite)
        {
            Updating = clock.Elapsed - backward,
            Figures = report.Figures,
        };
    }

    /// <summary>Where a checkpoint left off; weights and optimiser state are restored by the caller, in place.</summary>
    public void ContinueFrom(int step, long trainedTokens, int skippedInARow)
    {
        Step = step;
        TrainedTokens = trainedTokens;
        SkippedInARow = skippedInARow;
    }
}

/// <param name="MaxGradientNorm">The global L2 norm that gradients are clipped to.</param>
/// <param name="Seed">Keys the dropout masks.</param>
/// <param name="Dropout">Whether adapters drop channels.</param>
internal sealed record LoopSettings(double MaxGradientNorm, long Seed, bool Dropout);
