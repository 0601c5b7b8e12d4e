using static TorchSharp.torch;

namespace Serverless.Learning.Formats;

/// <summary>The weights of a Hugging Face model folder, read one tensor at a time.</summary>
public static class ModelWeights
{
    private const int MaxListedFaults = 20;

    /// <summary>
    /// Reads every expected tensor. All names and shapes are checked before the first element is read, so a folder that does not fit
    /// costs no memory; one that fits needs the result plus one tensor in the file's dtype.
    /// </summary>
    /// <param name="folder">Holds <c>model.safetensors</c>, or <c>model.safetensors.index.json</c> and its shards.</param>
    /// <param name="expected">Names and shapes the model needs.</param>
    /// <param name="dtype">What the result is converted to; F64, F32, F16 and BF16 are taken from the file.</param>
    /// <param name="ignorable">
    /// Names that may be absent although expected, and present although not expected; read if both expected and present. A tied
    /// <c>lm_head.weight</c> is one.
    /// </param>
    /// <returns>New CPU tensors by name, owned by the caller.</returns>
    /// <exception cref="InputError">Missing, unexpected and mis-shaped tensors, all in one message; or a damaged file.</exception>
    public static Dictionary<string, Tensor> Load(
        string folder, IReadOnlyDictionary<string, long[]> expected, ScalarType dtype, IReadOnlySet<string>? ignorable = null)
    {
        var weights = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        try
        {
            ForEach(folder, expected, _ => dtype, weights.Add, ignorable, maps: false);
            return weights;
        }
        catch
        {
            foreach (var tensor in weights.Values)
                tensor.Dispose();
            throw;
        }
    }

    /// <summary>As <see cref="Load"/>, but hands over one tensor after the other, so that each can be made smaller before the next is read.</summary>
    /// <param name="dtypeOf">What each tensor of the file is converted to.</param>
    /// <param name="take">Called with each name and its new tensor, which it owns.</param>
    /// <param name="maps">
    /// Whether those that the file has in their dtype already may be its own pages, which must not be written to; see <see cref="SafetensorsFile.Map"/>.
    /// </param>
    public static void ForEach(
        string folder, IReadOnlyDictionary<string, long[]> expected, Func<SafetensorsTensor, ScalarType> dtypeOf, Action<string, Tensor> take,
        IReadOnlySet<string>? ignorable = null, bool maps = true)
    {
        using var files = WeightFiles.Open(folder);
        Check(files, expected, ignorable ?? new HashSet<string>());
        foreach (var name in expected.Keys)
        {
            if (files.Find(name) is { } stored)
                take(name, Converted(files, name, stored.Dtype, dtypeOf(stored), maps));
        }
    }

    private static Tensor Converted(WeightFiles files, string name, ScalarType stored, ScalarType dtype, bool maps)
    {
        if (stored == dtype)
            return (maps ? files.Map(name) : null) ?? files.Read(name);
        using var numbers = files.Map(name) ?? files.Read(name);
        return numbers.to(dtype);
    }

    /// <exception cref="InputError">Missing, unexpected and mis-shaped tensors, all in one message.</exception>
    internal static void Check(WeightFiles files, IReadOnlyDictionary<string, long[]> expected, IReadOnlySet<string> ignorable)
    {
        var faults = new List<string>();
        foreach (var (name, shape) in expected.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            if (files.Find(name) is not { } found)
            {
                if (!ignorable.Contains(name))
                    faults.Add($"missing {name} {Quoted.Shape(shape)}");
            }
            else if (!found.Shape.SequenceEqual(shape))
            {
                faults.Add($"{name}: found shape {Quoted.Shape(found.Shape)}; the configuration asks for {Quoted.Shape(shape)}");
            }
            else if (!SafetensorsDtype.IsFloat(found.Dtype))
            {
                faults.Add($"{name}: found dtype {SafetensorsDtype.NameOf(found.Dtype)}; allowed: F64, F32, F16, BF16");
            }
        }

        faults.AddRange(files.Tensors
            .Where(tensor => !expected.ContainsKey(tensor.Name) && !ignorable.Contains(tensor.Name))
            .OrderBy(tensor => tensor.Name, StringComparer.Ordinal)
            .Select(tensor => $"unexpected {Quoted.Name(tensor.Name)} {Quoted.Shape(tensor.Shape)}"));

        if (faults.Count == 0)
            return;
        var listed = string.Concat(faults.Take(MaxListedFaults).Select(fault => $"\n  {fault}"));
        var rest = faults.Count > MaxListedFaults ? $"\n  and {faults.Count - MaxListedFaults} more" : "";
        throw new InputError(
            $"{files.File} does not fit config.json in {faults.Count} {(faults.Count == 1 ? "place" : "places")}:{listed}{rest}");
    }
}
