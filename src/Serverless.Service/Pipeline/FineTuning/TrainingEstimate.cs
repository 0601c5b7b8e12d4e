using Serverless.Learning.Adapters;
using Serverless.Learning.Models;
using Serverless.Learning.Training;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// What a training run is expected to need, from sizes alone; good to about a factor of two. Once steps are measured, those count.
/// </summary>
internal sealed class TrainingEstimate(DecoderConfig config, TrainingOptions options)
{
    // Sustained floating-point operations per second and thread: a third of what matrix products alone reach.
    private const double OperationsPerThread = 40e9;
    private const double OperationsPerThreadInBFloat16 = 100e9;
    private const int TokensAtOnce = 4096;

    private readonly IReadOnlyDictionary<string, long[]> _shapes = config.WeightShapes();

    /// <summary>The number of weights of the model.</summary>
    public long Weights => _shapes.Values.Sum(Size);

    /// <summary>The number of weights that train.</summary>
    public long TrainedWeights => options.Adapter.IsLowRank
        ? options.Adapter.TargetsAmong(config.LinearPaths()).Select(path => _shapes[path + ".weight"])
            .Sum(shape => options.Adapter.Rank * shape.Sum() + (options.Adapter.WeightDecomposed ? shape[0] : 0))
        : Weights;

    /// <summary>
    /// float32 weights (for QLoRA those inside the blocks a little over half a byte each and other matrices, the embedding among them, bfloat16), a gradient and two moments for each that trains, the activations of a micro-batch (about 16 values of the model's
    /// width and 4 of the inner width for each token and layer; with checkpointing for one layer, and of the others the width) and its logits with their gradient.
    /// </summary>
    public long Bytes => BaseBytes + 4 * ((options.Adapter.IsLowRank ? 4 : 3) * TrainedWeights + TokensAtOnce * (LayerValues + 2L * config.VocabularySize));

    private long LayerValues
    {
        get
        {
            var ofLayer = 16L * config.Width + 4L * config.InnerWidth;
            return options.GradientCheckpointing ? ofLayer + (long)config.Layers * config.Width : config.Layers * ofLayer;
        }
    }

    /// <summary>Two operations a weight and token forward, twice that backward; half of the latter for frozen weights. With checkpointing the forward pass twice.</summary>
    public TimeSpan Time(long tokens, int threads)
    {
        var operations = ((options.Adapter.Kind == AdapterKind.Full ? 6.0 : 4.0) + (options.GradientCheckpointing ? 2.0 : 0.0)) * Weights * tokens;
        var rate = threads * (options.Precision == ComputePrecision.BFloat16 ? OperationsPerThreadInBFloat16 : OperationsPerThread);
        return TimeSpan.FromSeconds(operations / rate);
    }

    private long BaseBytes
    {
        get
        {
            if (options.Adapter.Kind != AdapterKind.Qlora)
                return 4 * Weights;
            var linears = config.LinearPaths().Select(path => path + ".weight").ToHashSet(StringComparer.Ordinal);
            return _shapes.Sum(shape => linears.Contains(shape.Key) ? Size(shape.Value) * 33 / 64 : Size(shape.Value) * (shape.Value.Length == 2 ? 2 : 4));
        }
    }

    private static long Size(long[] shape) => shape.Aggregate(1L, (product, size) => product * size);
}
