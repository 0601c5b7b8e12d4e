using Serverless.Learning.Kernels;
using static TorchSharp.torch;

namespace Serverless.Learning.Models;

/// <summary>The gated feed-forward block of one layer: down(activation(gate(x)) * up(x)).</summary>
internal sealed class FeedForward
{
    private readonly DecoderConfig config;

    public FeedForward(DecoderWeights weights, int index)
    {
        config = weights.Config;
        var path = $"model.layers.{index}.mlp.";
        string[] names = config.FusedProjections ? ["gate_up_proj"] : ["gate_proj", "up_proj"];
        Inputs = names.Select(name => weights.Product(path + name)).ToArray();
        Down = weights.Product(path + "down_proj");
    }

    public IEnumerable<Linear> Linears => [.. Inputs, Down];

    /// <summary>Gate and up, or both as one.</summary>
    public Linear[] Inputs { get; }

    public Linear Down { get; }

    /// <param name="x">[N, D].</param>
    /// <returns>[N, D], x's dtype, owned by the caller's dispose scope.</returns>
    public Tensor Forward(Tensor x, ForwardPass pass)
    {
        var (gate, up) = Projected(x, pass);
        var inner = config.Activation == Activation.Silu ? LayerOperations.SwiGlu(gate, up) : LayerOperations.GeGlu(gate, up);
        return Linear.Forward([Down], inner, pass)[0];
    }

    private (Tensor Gate, Tensor Up) Projected(Tensor x, ForwardPass pass)
    {
        var projected = Linear.Forward(Inputs, x, pass);
        if (projected is [var gate, var up]) return (gate, up);
        var both = projected[0];
        return (both.narrow(1, 0, config.InnerWidth), both.narrow(1, config.InnerWidth, config.InnerWidth));
    }
}
