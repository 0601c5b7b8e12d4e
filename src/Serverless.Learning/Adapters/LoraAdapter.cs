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

    private LoraAdapter(AdapterOptions options, IReadOnlyList<(Linear Linear, LoraPair Pair)> places)
    {
        Options = options;
        Pairs = places.Select(place => place.Pair).ToList();
        wrapped = places.Select(place => place.Linear).ToList();
        foreach (var (linear, pair) in places) linear.Adapter = pair;
    }

    public AdapterOptions Options { get; }

    public IReadOnlyList<LoraPair> Pairs { get; }

    /// <summary>Both factors of every pair: what trains.</summary>
    public IEnumerable<Weight> Weights => Pairs.SelectMany(pair => new[] { pair.A, pair.B });

    /// <summary>
    /// Wraps a new adapter around a decoder: A uniform in plus or minus 1 / sqrt(in) (Kaiming's bound with a = sqrt 5, as PEFT
    /// draws it), B zero, so that the first forward equals the base.
    /// </summary>
    /// <exception cref="InputError">A target module names nothing in this decoder.</exception>
    public static LoraAdapter Wrap(Decoder decoder, AdapterOptions options, long seed) => new(options, Targets(decoder, options).Select(linear =>
    {
        var (outputs, inputs) = (linear.Weight.Value.shape[0], linear.Weight.Value.shape[1]);
        var bound = 1 / Math.Sqrt(inputs);
        var values = new float[options.Rank * inputs];
        new Philox(seed, 0, ModuleKey.Of(linear.Path)).Fill(values);
        for (var index = 0; index < values.Length; index++) values[index] = (float)((2 * values[index] - 1) * bound);
        return (linear, Pair(linear, options, tensor(values, [options.Rank, inputs]), zeros([outputs, options.Rank])));
    }).ToList());

    /// <summary>Wraps a stored adapter: its tensors are named module path + <c>.lora_A</c> and <c>.lora_B</c>; ownership passes to the adapter.</summary>
    /// <exception cref="InputError">A tensor is missing, unexpected or mis-shaped; all are listed.</exception>
    public static LoraAdapter Wrap(Decoder decoder, AdapterOptions options, IReadOnlyDictionary<string, Tensor> tensors)
    {
        var targets = Targets(decoder, options);
        var faults = tensors.Keys.Except(targets.SelectMany(linear => new[] { linear.Path + ".lora_A", linear.Path + ".lora_B" }))
            .Select(name => $"adapter tensor {name}: found one, but the adapter's target modules have no such place").ToList();
        foreach (var linear in targets)
        {
            Check(linear.Path + ".lora_A", [options.Rank, linear.Weight.Value.shape[1]]);
            Check(linear.Path + ".lora_B", [linear.Weight.Value.shape[0], options.Rank]);
        }
        if (faults.Count > 0) throw new InputError(string.Join("\n", faults));
        return new LoraAdapter(options, targets.Select(linear => (linear, Pair(linear, options,
            tensors[linear.Path + ".lora_A"].to(ScalarType.Float32), tensors[linear.Path + ".lora_B"].to(ScalarType.Float32)))).ToList());

        void Check(string name, long[] shape)
        {
            if (!tensors.TryGetValue(name, out var found)) faults.Add($"adapter tensor {name}: found none; allowed: [{string.Join(", ", shape)}]");
            else if (!found.shape.SequenceEqual(shape))
                faults.Add($"adapter tensor {name}: found [{string.Join(", ", found.shape)}]; allowed: [{string.Join(", ", shape)}]");
        }
    }

    /// <summary>The factors by PEFT's module names, as they are (not copies); for writing them in PEFT's layout.</summary>
    public Dictionary<string, Tensor> Tensors() => Pairs.SelectMany(pair => new[]
    {
        KeyValuePair.Create(pair.Path + ".lora_A", pair.A.Value.detach()), KeyValuePair.Create(pair.Path + ".lora_B", pair.B.Value.detach()),
    }).ToDictionary();

    /// <summary>Takes the adapter off the decoder; the base answers again as it did. The adapter can be put back on with <see cref="Attach"/>.</summary>
    public void Detach()
    {
        foreach (var linear in wrapped) linear.Adapter = null;
    }

    public void Attach()
    {
        for (var index = 0; index < wrapped.Count; index++) wrapped[index].Adapter = Pairs[index];
    }

    /// <summary>
    /// Every weight of the decoder with the adapter merged in, in float32 onto the original values. Merged tensors are new, the others are the
    /// decoder's own; all live in the caller's dispose scope or with the decoder.
    /// </summary>
    public Dictionary<string, Tensor> Fuse(Decoder decoder)
    {
        using var noGradient = no_grad();
        var deltas = Pairs.ToDictionary(pair => pair.Path + ".weight");
        return decoder.Weights.ToDictionary(weight => weight.Name, weight =>
            deltas.TryGetValue(weight.Name, out var pair) ? weight.Value.detach().add(pair.Delta()) : weight.Value.detach());
    }

    public void Dispose()
    {
        Detach();
        foreach (var pair in Pairs) pair.Dispose();
    }

    private static LoraPair Pair(Linear linear, AdapterOptions options, Tensor a, Tensor b) => new(linear.Path,
        new Weight(linear.Path + ".lora_A", a.DetachFromDisposeScope()), new Weight(linear.Path + ".lora_B", b.DetachFromDisposeScope()),
        options.Scaling, options.Dropout);

    private static List<Linear> Targets(Decoder decoder, AdapterOptions options)
    {
        var all = decoder.Linears.ToList();
        if (options.TargetModules is [AdapterOptions.AllLinear]) return all;
        foreach (var module in options.TargetModules)
        {
            if (all.Any(linear => IsTarget(linear, module))) continue;
            var allowed = string.Join(", ", all.Select(linear => linear.Path.Split('.')[^1]).Distinct());
            throw new InputError($"adapter.target_modules: found {module}; allowed: {AdapterOptions.AllLinear}, or any of {allowed}", "adapter");
        }
        return all.Where(linear => options.TargetModules.Any(module => IsTarget(linear, module))).ToList();
    }

    private static bool IsTarget(Linear linear, string module) =>
        linear.Path == module || linear.Path.EndsWith("." + module, StringComparison.Ordinal);
}
