using Serverless.Learning.Adapters;
using Serverless.Learning.Formats;
using Serverless.Learning.Kernels;
using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Models;

/// <summary>
/// A Llama-architecture decoder: RMSNorm, rotary positions, grouped-query attention, SwiGLU, tied or untied head. Owns its weights.
/// Not thread-safe: one caller computes at a time.
/// </summary>
public sealed class Decoder : IDisposable
{
    private readonly Dictionary<string, Weight> weights;
    private readonly DecoderLayer[] layers;
    private readonly Weight embedding;
    private readonly Weight finalNorm;

    /// <summary>Takes ownership of <paramref name="tensors"/>, one per name of <see cref="DecoderConfig.WeightShapes"/>.</summary>
    public Decoder(DecoderConfig config, IReadOnlyDictionary<string, Tensor> tensors)
    {
        Config = config;
        weights = config.WeightShapes().Keys.ToDictionary(name => name, name => new Weight(name, tensors[name].DetachFromDisposeScope()));
        layers = Enumerable.Range(0, config.Layers).Select(index => new DecoderLayer(config, index, weights)).ToArray();
        embedding = weights["model.embed_tokens.weight"];
        finalNorm = weights["model.norm.weight"];
        Head = weights.GetValueOrDefault("lm_head.weight", embedding);
        Rotary = new RotaryTable(config.HeadSize, config.MaxLength, config.RotaryBase);
    }

    public DecoderConfig Config { get; }

    /// <summary>Every weight, in the order of the computation.</summary>
    public IReadOnlyCollection<Weight> Weights => weights.Values;

    /// <summary>The products inside the blocks, which adapters wrap; the head is not among them.</summary>
    public IEnumerable<Linear> Linears => layers.SelectMany(layer => layer.Linears);

    /// <summary>[V, D]: turns hidden states into logits; the token embedding itself when tied.</summary>
    public Weight Head { get; }

    public RotaryTable Rotary { get; }

    /// <summary>
    /// The dtype of matrix products and activations, float32 or bfloat16; the residual stream and the weights that train are float32.
    /// </summary>
    public ScalarType ComputeType { get; set; } = ScalarType.Float32;

    /// <summary>Reads config.json and the safetensors of a Hugging Face folder, as float32.</summary>
    /// <exception cref="InputError">The folder is not a supported model, or a tensor is missing, unexpected or mis-shaped.</exception>
    public static Decoder Load(string folder)
    {
        var config = DecoderConfig.Load(folder);
        NativeRuntime.EnsureLoaded();
        var ignorable = config.TiedHead ? new HashSet<string> { "lm_head.weight" } : [];
        return new Decoder(config, ModelWeights.Load(folder, config.WeightShapes(), ScalarType.Float32, ignorable));
    }

    /// <summary>The final, normed hidden states.</summary>
    /// <param name="ids">B*T token ids, row after row.</param>
    /// <param name="layout">Positions and mask of the B rows.</param>
    /// <param name="cache">Keys and values of earlier tokens; extended by this call. Null for none.</param>
    /// <param name="dropout">Adapter dropout of a training step; null for none.</param>
    /// <returns>[B*T, D], of <see cref="ComputeType"/>, owned by the caller's dispose scope.</returns>
    public Tensor Hidden(int[] ids, SequenceLayout layout, KeyValueCache? cache = null, DropoutSource? dropout = null)
    {
        NativeRuntime.EnsureLoaded();
        var stream = embedding.Value.index_select(0, tensor(ids, [ids.Length], ScalarType.Int64));
        foreach (var layer in layers) stream = layer.Forward(stream, layout, cache, ComputeType, dropout);
        cache?.Advance(layout.Time);
        return LayerOperations.RmsNorm(stream, finalNorm.Value, Config.NormEpsilon, ComputeType);
    }

    /// <summary>Logits [N, V], float32, of hidden states [N, D], owned by the caller's dispose scope.</summary>
    public Tensor Logits(Tensor hidden) => nn.functional.linear(hidden, Head.Value.to(hidden.dtype)).to(ScalarType.Float32);

    /// <summary>The head and its cross-entropy, over the places that have a target only.</summary>
    /// <param name="hidden">[B*T, D], of <see cref="ComputeType"/>.</param>
    /// <param name="targets">B*T token ids, -1 where nothing is predicted.</param>
    /// <param name="scale">What the summed loss is multiplied by, usually 1 over the step's targets.</param>
    public CrossEntropyResult Loss(Tensor hidden, int[] targets, double scale)
    {
        var (states, wanted) = Predicted(hidden, targets);
        return LayerOperations.LinearCrossEntropy(states, Head.Value, wanted, scale);
    }

    /// <summary>The head's log-probabilities of the targets, in the order of the places that have one.</summary>
    /// <param name="hidden">[B*T, D], of <see cref="ComputeType"/>.</param>
    /// <param name="targets">B*T token ids, -1 where nothing is predicted.</param>
    /// <param name="temperature">What logits are divided by.</param>
    public LogProbabilities LogProbabilities(Tensor hidden, int[] targets, double temperature = 1)
    {
        var (states, wanted) = Predicted(hidden, targets);
        return LayerOperations.LinearLogProbabilities(states, Head.Value, wanted, temperature);
    }

    private static (Tensor States, Tensor Wanted) Predicted(Tensor hidden, int[] targets)
    {
        var rows = Enumerable.Range(0, targets.Length).Where(row => targets[row] >= 0).Select(row => (long)row).ToArray();
        var wanted = tensor(rows.Select(row => (long)targets[row]).ToArray());
        return (rows.Length == targets.Length ? hidden : hidden.index_select(0, tensor(rows)), wanted);
    }

    public void Dispose()
    {
        foreach (var weight in weights.Values) weight.Dispose();
        Rotary.Dispose();
    }
}
