using static TorchSharp.torch;

namespace Serverless.Learning.Training;

/// <summary>Turns gradients into an update of the weights, in place.</summary>
internal interface IOptimiser : IDisposable
{
    /// <param name="step">0-based.</param>
    void Update(int step, double learningRate);

    /// <summary>The state a checkpoint keeps, by name; the tensors stay the optimiser's and are restored in place.</summary>
    IReadOnlyDictionary<string, Tensor> State { get; }
}
