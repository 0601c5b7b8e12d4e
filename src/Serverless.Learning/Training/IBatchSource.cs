namespace Serverless.Learning.Training;

/// <summary>
/// The data of a run as a pure function of the step: any step's batch can be built by itself, so a resumed run reads what an unbroken
/// one would have read.
/// </summary>
public interface IBatchSource
{
    /// <summary>Optimiser steps of the whole run.</summary>
    int TotalSteps { get; }

    /// <summary>Examples in one epoch divided by examples per step: how many steps an epoch has.</summary>
    double StepsPerEpoch { get; }

    /// <summary>The micro-batches of a step, 0-based. Their losses are summed and divided by their common number of targets.</summary>
    IReadOnlyList<MicroBatch> BatchOf(int step);
}
