using System.Numerics;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Serverless.Learning.Training;

/// <summary>
/// Adam with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101, algorithm 2) over flat float32 weights, in one pass over
/// memory. Matrices decay; norms and biases do not.
/// </summary>
internal sealed class AdamW : IOptimiser
{
    private readonly FlatParameters parameters;
    private readonly IReadOnlyList<FlatParameter> items;
    private readonly double weightDecay;
    private readonly float beta1;
    private readonly float beta2;
    private const float Epsilon = 1e-8f;
    private readonly Tensor first;
    private readonly Tensor second;

    /// <param name="items">The parameters this optimiser updates; by default all.</param>
    public AdamW(FlatParameters parameters, double weightDecay, double beta1 = 0.9, double beta2 = 0.95, IReadOnlyList<FlatParameter>? items = null)
    {
        this.parameters = parameters;
        this.items = items ?? parameters.Items;
        this.weightDecay = weightDecay;
        this.beta1 = (float)beta1;
        this.beta2 = (float)beta2;
        first = zeros_like(parameters.Values).DetachFromDisposeScope();
        second = zeros_like(parameters.Values).DetachFromDisposeScope();
        State = new Dictionary<string, Tensor> { ["adamw.first_moment"] = first, ["adamw.second_moment"] = second };
    }

    public IReadOnlyDictionary<string, Tensor> State { get; }

    public void Update(int step, double learningRate)
    {
        using var scope = NewDisposeScope();
        var rate = (float)(learningRate / (1 - Math.Pow(beta1, step + 1)));
        var correction = (float)(1 / Math.Sqrt(1 - Math.Pow(beta2, step + 1)));
        foreach (var item in items)
        {
            var keep = item.Decays ? (float)(1 - learningRate * weightDecay) : 1f;
            UpdateSpan(Floats(parameters.Values, item), Floats(parameters.Gradients, item), Floats(first, item), Floats(second, item), rate, correction, keep);
        }
    }

    public void Dispose()
    {
        first.Dispose();
        second.Dispose();
    }

    private static Span<float> Floats(Tensor flat, FlatParameter item) => MemoryMarshal.Cast<byte, float>(FlatParameters.View(flat, item).bytes);

    private void UpdateSpan(Span<float> weights, Span<float> gradients, Span<float> first, Span<float> second, float rate, float correction, float keep)
    {
        var width = Vector<float>.Count;
        var at = 0;
        for (; at <= weights.Length - width; at += width)
        {
            var g = new Vector<float>(gradients[at..]);
            var m = new Vector<float>(first[at..]) * beta1 + g * (1 - beta1);
            var v = new Vector<float>(second[at..]) * beta2 + g * g * (1 - beta2);
            m.CopyTo(first[at..]);
            v.CopyTo(second[at..]);
            (new Vector<float>(weights[at..]) * keep - m * rate / (Vector.SquareRoot(v) * correction + new Vector<float>(Epsilon))).CopyTo(weights[at..]);
        }
        for (; at < weights.Length; at++)
        {
            first[at] = first[at] * beta1 + gradients[at] * (1 - beta1);
            second[at] = second[at] * beta2 + gradients[at] * gradients[at] * (1 - beta2);
            weights[at] = weights[at] * keep - first[at] * rate / (MathF.Sqrt(second[at]) * correction + Epsilon);
        }
    }
}
