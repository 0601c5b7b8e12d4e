using Serverless.Learning.Adapters;
using Serverless.Learning.Kernels;
using static TorchSharp.torch;

namespace Serverless.Learning.Models;

/// <summary>The gated feed-forward block of one layer: down(activation(gate(x)) * up(x)).</summary>
internal sealed class FeedForward
{
    private readonly DecoderConfig config;
    private readonly Linear[] inputs;
    private readonly Linear down;

    public FeedForward(DecoderWeights weights, int index)
    {
        config = weights.Config;
        var path = $"model.layers.{index}.mlp.";
        string[] names = config.FusedProjections ? ["gate_up_proj"] : ["gate_proj", "up_proj"];
        inputs = names.Select(name => weights.Product(path + name)).ToArray();
        down = weights.Product(path + "down_proj");
    }

    public IEnumerable<Linear> Linears => [.. inputs, down];

    /// <param name="x">[N, D].</param>
    /// <returns>[N, D], x's dtype, owned by the caller's dispose scope.</returns>
    public Tensor Forward(Tensor x, DropoutSource? dropout)
    {
        var (gate, up) = Projected(x, dropout);
        var inner = config.Activation == Activation.Silu ? LayerOperations.SwiGlu(gate, up) : LayerOperations.GeGlu(gate, up);
        return down.Forward(inner, dropout);
    }

    private (Tensor Gate, Tensor Up) Projected(Tensor x, DropoutSource? dropout)
    {
        if (inputs is [var gate, var up]) return (gate.Forward(x, dropout), up.Forward(x, dropout));
        var both = inputs[0].Forward(x, dropout);
        return (both.narrow(1, 0, config.InnerWidth), both.narrow(1, config.InnerWidth, config.InnerWidth));
    }
}
