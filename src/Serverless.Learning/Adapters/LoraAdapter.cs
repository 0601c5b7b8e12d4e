using Serverless.Learning.Formats;
using Serverless.Learning.Models;
using Serverless.Learning.Randomness;
using static TorchSharp.torch;

namespace Serverless.Learning.Adapters;

/// <summary>
/// A low-rank adapter's whole life: wrap the chosen products of a decoder, fuse into them, or be taken off again. Owns its pairs.
/// </summary>
public sealed class LoraAdapter : IDisposable
{
    private readonly List<Linear> wrapped;
    private readonly Dictionary<string, LoraPair> byPath;

    private LoraAdapter(AdapterOptions options, IReadOnlyList<(Linear Linear, LoraPair Pair)> places)
    {
        Options = options;
        Pairs = places.Select(place => place.Pair).ToList();
        wrapped = places.Select(place => place.Linear).ToList();
        byPath = Pairs.ToDictionary(pair => pair.Path, StringComparer.Ordinal);
        Attach();
    }

    public AdapterOptions Options { get; }

    public IReadOnlyList<LoraPair> Pairs { get; }

    /// <summary>Everything that trains, pair by pair.</summary>
    public IEnumerable<Weight> Weights => Pairs.SelectMany(pair => pair.Weights);

    /// <summary>
    /// Wraps a new adapter around a decoder: A uniform in plus or minus 1 / sqrt(in) (Kaiming's bound with a = sqrt 5, as PEFT
    /// draws it), B zero and DoRA's magnitudes the norms of the rows, so that the first forward equals the base.
    /// </summary>
    /// <exception cref="InputError">A target module names nothing in this decoder.</exception>
    public static LoraAdapter Wrap(Decoder decoder, AdapterOptions options, long seed) => new(options, Targets(decoder, options).Select(linear =>
    {
        var (outputs, inputs) = (linear.Weight.Shape[0], linear.Weight.Shape[1]);
        var bound = 1 / Math.Sqrt(inputs);
        var values = new float[options.Rank * inputs];
        new Philox(seed, 0, ModuleKey.Of(linear.Path)).Fill(values);
        for (var index = 0; index < values.Length; index++) values[index] = (float)((2 * values[index] - 1) * bound);
        return (linear, new LoraPair(linear.Weight, tensor(values, [options.Rank, inputs]), zeros([outputs, options.Rank]), options));
    }).ToList());

    /// <summary>
    /// Wraps a stored adapter: its tensors are named module path + <c>.lora_A</c>, <c>.lora_B</c> and, with DoRA,
    /// <c>.lora_magnitude_vector</c>. They are taken as final; ownership passes to the adapter.
    /// </summary>
    /// <exception cref="InputError">A tensor is missing, unexpected or mis-shaped; all are listed.</exception>
    public static LoraAdapter Wrap(Decoder decoder, AdapterOptions options, IReadOnlyDictionary<string, Tensor> tensors)
    {
        var targets = Targets(decoder, options);
        AdapterShapes.Check(decoder.Config, options, tensors.ToDictionary(entry => entry.Key, entry => (IReadOnlyList<long>)entry.Value.shape));
        var adapter = new LoraAdapter(options, targets.Select(linear => (linear, new LoraPair(linear.Weight, Stored(linear, ".lora_A"),
            Stored(linear, ".lora_B"), options, options.WeightDecomposed ? Stored(linear, ".lora_magnitude_vector") : null))).ToList());
        foreach (var pair in adapter.Pairs) pair.Fix();
        return adapter;

        Tensor Stored(Linear linear, string part)
        {
            var stored = tensors[linear.Path + part];
            if (stored.dtype == ScalarType.Float32) return stored;
            using (stored) return stored.to(ScalarType.Float32);
        }
    }

    /// <summary>Wraps the adapter of a folder in PEFT's layout.</summary>
    /// <exception cref="InputError">The folder is no adapter that is supported, or none of this decoder's; see <see cref="PeftAdapter.Load"/>.</exception>
    public static LoraAdapter Load(Decoder decoder, string folder)
    {
        using var scope = NewDisposeScope();
        var (options, tensors) = PeftAdapter.Load(folder);
        return Wrap(decoder, options, tensors);
    }

    /// <summary>Everything that trains by PEFT's module names, as it is (not copies); for writing it in PEFT's layout.</summary>
    public Dictionary<string, Tensor> Tensors() => Weights.ToDictionary(weight => weight.Name, weight => weight.Value.detach());

    /// <summary>The pair around the product of a module path, or null.</summary>
    internal LoraPair? PairAround(string path) => byPath.GetValueOrDefault(path);

    /// <summary>Takes the adapter off the decoder; the base answers again as it did. The adapter can be put back on with <see cref="Attach"/>.</summary>
    public void Detach()
    {
        for (var index = 0; index < wrapped.Count; index++)
            if (wrapped[index].Adapter == Pairs[index]) wrapped[index].Adapter = null;
    }

    /// <summary>Puts the adapter on, in place of another that may be there.</summary>
    public void Attach()
    {
        for (var index = 0; index < wrapped.Count; index++) wrapped[index].Adapter = Pairs[index];
    }

    /// <summary>One weight of the model with the adapter merged in, in float32 onto the original values.</summary>
    /// <param name="name">The weight's name, such as <c>model.layers.0.self_attn.q_proj.weight</c>.</param>
    /// <param name="original">Its values before anything was adapted or quantised.</param>
    /// <returns>A new tensor, or the original itself where the adapter changes nothing; owned by the caller's dispose scope.</returns>
    public Tensor Fuse(string name, Tensor original) =>
        Pairs.FirstOrDefault(pair => name == pair.Path + ".weight") is { } pair ? pair.Merge(original) : original;

    public void Dispose()
    {
        Detach();
        foreach (var pair in Pairs) pair.Dispose();
    }

    private static List<Linear> Targets(Decoder decoder, AdapterOptions options)
    {
        var all = decoder.Linears.ToList();
        var chosen = options.TargetsAmong(all.Select(linear => linear.Path).ToList()).ToHashSet();
        return all.Where(linear => chosen.Contains(linear.Path)).ToList();
    }
}
