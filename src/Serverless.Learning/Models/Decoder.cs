using Serverless.Learning.Adapters;
using Serverless.Learning.Formats;
using Serverless.Learning.Kernels;
using Serverless.Learning.Models.Growth;
using Serverless.Learning.Models.Positions;
using Serverless.Learning.Native;
using Serverless.Learning.Quantization;
using Serverless.Learning.Training;
using static TorchSharp.torch;

namespace Serverless.Learning.Models;

/// <summary>
/// A decoder-only transformer: RMSNorm, rotary positions, grouped-query attention, a gated feed-forward block, tied or untied head. What the
/// families do differently stands in <see cref="DecoderConfig"/>. Owns its weights. Not thread-safe: one caller computes at a time.
/// </summary>
public sealed class Decoder : IDisposable
{
    private readonly Dictionary<string, Weight> weights;
    private readonly DecoderLayer[] layers;
    private readonly bool isBeside;
    private readonly Weight embedding;
    private readonly Norm finalNorm;

    /// <summary>Takes ownership of <paramref name="tensors"/>, one per name of <see cref="DecoderConfig.WeightShapes"/>.</summary>
    public Decoder(DecoderConfig config, IReadOnlyDictionary<string, Tensor> tensors)
        : this(config, config.WeightShapes().Keys.ToDictionary(name => name, name => new Weight(name, tensors[name].DetachFromDisposeScope())))
    {
    }

    private Decoder(DecoderConfig config, Dictionary<string, Weight> weights, RotaryTables? rotary = null)
    {
        Config = config;
        isBeside = rotary is not null;
        this.weights = weights;
        var parts = new DecoderWeights(config, weights);
        layers = Enumerable.Range(0, config.Layers).Select(index => new DecoderLayer(parts, index)).ToArray();
        embedding = weights[WeightNames.Embedding];
        finalNorm = new Norm(weights[WeightNames.FinalNorm], config);
        Growth = new GrowthStep(this, layers, embedding, finalNorm);
        Head = weights.GetValueOrDefault(WeightNames.Head, embedding);
        Rotary = rotary ?? new RotaryTables(config);
    }

    public DecoderConfig Config { get; }

    /// <summary>Every weight, in the order of the computation.</summary>
    public IReadOnlyCollection<Weight> Weights => weights.Values;

    /// <summary>Whether the weights are this decoder's own, not those of one that it stands beside.</summary>
    public bool OwnsWeights => !isBeside;

    /// <summary>The products inside the blocks, which adapters wrap; the head is not among them.</summary>
    public IEnumerable<Linear> Linears => layers.SelectMany(layer => layer.Linears);

    /// <summary>[V, D]: turns hidden states into logits; the token embedding itself when tied.</summary>
    public Weight Head { get; }

    public RotaryTables Rotary { get; }

    /// <summary>A token of each of a few rows in one go, where it knows how.</summary>
    internal GrowthStep Growth { get; }

    /// <summary>
    /// The dtype of matrix products and activations, float32 or bfloat16; the residual stream and the weights that train are float32.
    /// </summary>
    public ScalarType ComputeType { get; set; } = ScalarType.Float32;

    /// <summary>
    /// The dtype of products while a prompt of more than <see cref="Fused.FewRows"/> tokens is read by a decoder whose matrices are all kept in bfloat16:
    /// that of the factors where the processor has instructions for it, which took 0.6 of the time on a Zen 5. Hidden states and logits stay of <see cref="ComputeType"/>.
    /// </summary>
    internal ScalarType ReadingType { get; set; } = ComputePrecisions.OfThisProcessor.ScalarType();

    /// <summary>Whether a pass that is differentiated keeps of each layer its input only and computes the layer again on the way back.</summary>
    public bool RecomputesLayers { get; set; }

    /// <summary>Reads config.json and the safetensors of a Hugging Face folder.</summary>
    /// <param name="context">The longest sequence that will be run; see <see cref="DecoderConfig.Load"/>.</param>
    /// <param name="storage">
    /// How the matrices stand in memory; those that are rounded are so as soon as they are read, and those that stand there as in the file are its own
    /// pages, read when they are first used.
    /// </param>
    /// <exception cref="InputError">The folder is not a supported model, or a tensor is missing, unexpected or mis-shaped.</exception>
    public static Decoder Load(string folder, int? context = null, MatrixStorage storage = MatrixStorage.Float32)
    {
        var config = DecoderConfig.Load(folder, context);
        NativeRuntime.EnsureLoaded();
        var quantized = storage == MatrixStorage.Nf4 ? config.LinearPaths().Select(path => path + ".weight").ToHashSet() : [];
        var weights = new Dictionary<string, Weight>();
        using var blocks = Glibc.MapLargeBlocks();
        try
        {
            ModelWeights.ForEach(folder, config.WeightShapes(), DtypeOf, Take, config.IgnorableWeights());
            return new Decoder(config, weights);
        }
        catch
        {
            foreach (var weight in weights.Values) weight.Dispose();
            throw;
        }

        ScalarType DtypeOf(SafetensorsTensor stored) =>
            storage is (MatrixStorage.AsStored or MatrixStorage.Nf4) && stored is { Dtype: ScalarType.BFloat16, Shape.Count: 2 }
                ? ScalarType.BFloat16
                : ScalarType.Float32;

        void Take(string name, Tensor tensor)
        {
            if (storage == MatrixStorage.Int8 && tensor.dim() == 2)
            {
                using (tensor) weights[name] = new Weight(name, Int8Matrix.Quantize(tensor));
                return;
            }
            var weight = weights[name] = new Weight(name, tensor.DetachFromDisposeScope());
            if (quantized.Contains(name)) weight.Quantize();
        }
    }

    /// <summary>
    /// Another decoder over the same weights, with adapters of its own. Both may compute at the same time, each on one thread, as long as
    /// neither changes a weight; this one owns what both use and must stay for longer.
    /// </summary>
    public Decoder Beside() => new(Config, weights, Rotary) { ComputeType = ComputeType, ReadingType = ReadingType };

    /// <summary>Rounds the matrices inside the blocks to NF4 and frees their tensors; those that are quantised stay as they are.</summary>
    /// <exception cref="InvalidOperationException">They would change for others as well.</exception>
    public void QuantizeLinears()
    {
        foreach (var weight in Linears.Select(linear => linear.Weight).Where(weight => weight.Quantized is null))
        {
            if (isBeside) throw new InvalidOperationException($"{weight.Name} is another decoder's as well");
            weight.Quantize();
        }
    }

    /// <summary>The final, normed hidden states.</summary>
    /// <param name="ids">N token ids: row after row, or as the layout's places say.</param>
    /// <param name="layout">Positions and mask of the B rows.</param>
    /// <param name="cache">Keys and values of earlier tokens; extended by this call. Null for none.</param>
    /// <param name="dropout">Adapter dropout of a training step; null for none.</param>
    /// <param name="adapters">
    /// With a cache: for each of the N tokens an adapter of a decoder beside this one, or null for none. Null computes all with what is wrapped
    /// around this one.
    /// </param>
    /// <returns>[N, D], of <see cref="ComputeType"/>, owned by the caller's dispose scope.</returns>
    public Tensor Hidden(
        int[] ids, SequenceLayout layout, KeyValueCache? cache = null, DropoutSource? dropout = null, IReadOnlyList<LoraAdapter?>? adapters = null)
    {
        var reads = cache is not null && ids.Length > Fused.FewRows && ReadingType == ScalarType.BFloat16 && IsKeptInBFloat16();
        var pass = new ForwardPass(layout, reads ? ReadingType : ComputeType) { Cache = cache, Dropout = dropout, Adapters = adapters };
        NativeRuntime.EnsureLoaded();
        var stream = embedding.TakeRows(tensor(ids, [ids.Length], ScalarType.Int64));
        if (Config.ScaledEmbedding) stream = stream.mul(Operand.Of(Math.Sqrt(Config.Width)));
        foreach (var layer in layers) stream = Through(layer, stream, pass);
        cache?.Advance(layout.Time);
        return finalNorm.Forward(stream, ComputeType);
    }

    private bool IsKeptInBFloat16() => Array.TrueForAll(layers, layer => layer.Linears.All(linear => linear.Weight.IsBFloat16));

    // What a layer makes on the way is freed as soon as it ends, apart from what its backward pass needs.
    private Tensor Through(DecoderLayer layer, Tensor stream, ForwardPass pass)
    {
        using var before = stream;
        using var scope = NewDisposeScope();
        var after = RecomputesLayers && !pass.Generates
            ? Recomputation.Run(stream, input => layer.Forward(input, pass))
            : layer.Forward(stream, pass);
        return after.MoveToOuterDisposeScope();
    }

    /// <summary>Logits [N, V], float32, of hidden states [N, D], owned by the caller's dispose scope.</summary>
    public Tensor Logits(Tensor hidden)
    {
        var products = is_grad_enabled() ? Head.Multiply(hidden) : Weight.MultiplyFrozen(hidden, Head)[0];
        return Capped(products.to(ScalarType.Float32));
    }

    /// <summary>Appends a token to each of the rows of a cache, none of which is empty, and computes the logits of what follows it.</summary>
    /// <param name="ids">B token ids.</param>
    /// <param name="adapters">See <see cref="Hidden"/>.</param>
    /// <returns>[B, V], float32, without a gradient, owned by the caller's dispose scope.</returns>
    public Tensor NextLogits(int[] ids, KeyValueCache cache, IReadOnlyList<LoraAdapter?>? adapters = null)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        NativeRuntime.EnsureLoaded();
        var products = TensorMemory.NewFloats(ids.Length, Config.VocabularySize);
        if (Growth.TryMultiply(ids, cache, adapters, TensorMemory.FloatsOf(products))) return Capped(products).MoveToOuterDisposeScope();
        using var layout = SequenceLayout.At(Rotary, cache.Rows, 1, [.. Enumerable.Range(0, cache.Rows).Select(cache.LengthOf)], null);
        return Logits(Hidden(ids, layout, cache, adapters: adapters)).MoveToOuterDisposeScope();
    }

    /// <summary>As <see cref="NextLogits(int[], KeyValueCache, IReadOnlyList{LoraAdapter})"/>, into memory of the caller's, which costs neither a tensor nor a copy where that is known.</summary>
    /// <param name="into">[B, V].</param>
    internal void NextLogits(ReadOnlySpan<int> ids, KeyValueCache cache, IReadOnlyList<LoraAdapter?>? adapters, Span<float> into)
    {
        NativeRuntime.EnsureLoaded();
        if (Config.LogitSoftCap is null && Growth.TryMultiply(ids, cache, adapters, into)) return;
        using var scope = NewDisposeScope();
        TensorMemory.FloatsOf(NextLogits(ids.ToArray(), cache, adapters).contiguous()).CopyTo(into);
    }

    private Tensor Capped(Tensor logits) =>
        Config.LogitSoftCap is { } cap ? logits.div(Operand.Of(cap)).tanh().mul(Operand.Of(cap)) : logits;

    /// <summary>The head and its cross-entropy, over the places that have a target only.</summary>
    /// <param name="hidden">[N, D], of <see cref="ComputeType"/>.</param>
    /// <param name="targets">N token ids, -1 where nothing is predicted.</param>
    /// <param name="scale">What the summed loss is multiplied by, usually 1 over the step's targets.</param>
    public CrossEntropyResult Loss(Tensor hidden, int[] targets, double scale)
    {
        var (states, wanted) = Predicted(hidden, targets);
        return LayerOperations.LinearCrossEntropy(states, Head.Value, wanted, scale, Config.LogitSoftCap);
    }

    /// <summary>The head's log-probabilities of the targets, in the order of the places that have one.</summary>
    /// <param name="hidden">[N, D], of <see cref="ComputeType"/>.</param>
    /// <param name="targets">N token ids, -1 where nothing is predicted.</param>
    /// <param name="temperature">What logits are divided by.</param>
    public LogProbabilities LogProbabilities(Tensor hidden, int[] targets, double temperature = 1)
    {
        var (states, wanted) = Predicted(hidden, targets);
        return LayerOperations.LinearLogProbabilities(states, Head.Value, wanted, temperature, Config.LogitSoftCap);
    }

    private static (Tensor States, Tensor Wanted) Predicted(Tensor hidden, int[] targets)
    {
        var rows = Enumerable.Range(0, targets.Length).Where(row => targets[row] >= 0).Select(row => (long)row).ToArray();
        var wanted = tensor(rows.Select(row => (long)targets[row]).ToArray());
        return (rows.Length == targets.Length ? hidden : hidden.index_select(0, tensor(rows)), wanted);
    }

    public void Dispose()
    {
        if (isBeside) return;
        foreach (var weight in weights.Values) weight.Dispose();
        Rotary.Dispose();
        Glibc.GiveBack();
    }
}
