using Serverless.Learning.Models;
using static TorchSharp.torch;

namespace Serverless.Learning.Training;

/// <summary>
/// What a training method is to the learning core: which tokens a step reads, and which loss it takes from them. Everything around it
/// (adapters, optimiser, schedule, clipping, checkpoints) is the same for all methods.
/// </summary>
internal interface IObjective
{
    /// <summary>The method's own objective: this one, or the one that it adds something to.</summary>
    IObjective Method => this;

    /// <summary>The data, as a pure function of the step.</summary>
    IBatchSource Batches { get; }

    /// <summary>Token ids of the texts that the first step is about.</summary>
    IEnumerable<int[]> Texts() => Batches.BatchOf(0).SelectMany(micro => micro.Texts());

    /// <summary>One micro-batch's share of the step's loss: the gradients of all shares add up to the gradient of the step.</summary>
    /// <param name="hidden">[B*T, D], the decoder's hidden states of the micro-batch.</param>
    /// <param name="micro">One of the step's micro-batches.</param>
    /// <param name="report">The step, and what is measured of it; the share of the loss's value is added to it.</param>
    /// <returns>A float32 scalar to go backward from, owned by the caller's dispose scope. Only its gradient counts.</returns>
    Tensor ShareOf(Decoder decoder, Tensor hidden, MicroBatch micro, StepReport report);

    /// <summary>Adds what is known of the step as a whole to its report, before its micro-batches.</summary>
    void Report(StepReport report)
    {
    }

    /// <summary>Looks at the model before the step, where something is reported of it that the step's micro-batches do not measure. It changes nothing, interrupted or not.</summary>
    void Look(Decoder decoder, StepReport report, CancellationToken cancellation)
    {
    }

    /// <summary>How the model does on the examples that are looked at after each epoch; null without any. Interrupted, it leaves everything as it was.</summary>
    ValidationScores? Validate(LanguageModel model, CancellationToken cancellation);
}
