using Serverless.Learning.Kernels;
using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Training;

/// <summary>
/// Momentum orthogonalised by a Newton-Schulz iteration for the matrices inside the blocks (Jordan et al., "Muon", 2024), scaled so that an
/// update has the size of Adam's (Liu et al., arXiv 2502.16982, equation 4, with 0.4 instead of 0.2 sqrt(max(rows, columns)), as small widths take larger steps); embedding, head and norms go
/// through <see cref="AdamW"/>.
/// </summary>
internal sealed class Muon : IOptimiser
{
    private const double Momentum = 0.95;
    private const int Iterations = 5;
    private const double UpdateSize = 0.4;
    private readonly FlatParameters parameters;
    private readonly IReadOnlyList<FlatParameter> matrices;
    private readonly double weightDecay;
    private readonly AdamW rest;
    private readonly Tensor velocity;

    public Muon(FlatParameters parameters, double weightDecay)
    {
        this.parameters = parameters;
        this.weightDecay = weightDecay;
        matrices = parameters.Items.Where(IsBlockMatrix).ToList();
        rest = new AdamW(parameters, weightDecay, items: parameters.Items.Where(item => !IsBlockMatrix(item)).ToList());
        velocity = zeros_like(parameters.Values).DetachFromDisposeScope();
        State = new Dictionary<string, Tensor>(rest.State) { ["muon.momentum"] = velocity };
    }

    public IReadOnlyDictionary<string, Tensor> State { get; }

    public void Update(int step, double learningRate)
    {
        rest.Update(step, learningRate);
        using var noGradient = no_grad();
        foreach (var item in matrices)
        {
            using var scope = NewDisposeScope();
            var shape = item.Weight.Value.Sizes();
            var gradient = FlatParameters.View(parameters.Gradients, item).view(shape);
            var moving = FlatParameters.View(velocity, item).view(shape);
            moving.mul_(Operand.Of(Momentum)).add_(gradient, Operand.Of(1));
            var direction = Orthogonal(gradient.add(moving, Operand.Of(Momentum)));
            var size = learningRate * UpdateSize * Math.Sqrt(Math.Max(shape[0], shape[1]));
            FlatParameters.View(parameters.Values, item).view(shape).mul_(Operand.Of(1 - learningRate * weightDecay)).add_(direction, Operand.Of(-size));
        }
    }

    public void Dispose()
    {
        rest.Dispose();
        velocity.Dispose();
    }

    private static bool IsBlockMatrix(FlatParameter item) =>
        item.Weight.Value.dim() == 2 && item.Name.StartsWith("model.layers.", StringComparison.Ordinal);

    /// <summary>The nearest matrix with singular values near one, by five steps of a quintic iteration in bfloat16, which is enough for a direction.</summary>
    private static Tensor Orthogonal(Tensor matrix)
    {
        var wide = matrix.size(0) > matrix.size(1) ? matrix.t() : matrix;
        var x = wide.div(wide.norm().Plus(1e-7)).to(ScalarType.BFloat16);
        for (var iteration = 0; iteration < Iterations; iteration++)
        {
            var a = x.mm(x.t());
            var b = a.mul(Operand.Of(-4.7750)).addmm(a, a, alpha: 2.0315f);
            x = x.mul(Operand.Of(3.4445)).addmm(b, x);
        }
        return (matrix.size(0) > matrix.size(1) ? x.t() : x).to(ScalarType.Float32);
    }
}
