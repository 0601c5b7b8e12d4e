using static TorchSharp.torch;

namespace Serverless.Learning.Formats.Gguf;

/// <summary>
/// Turns a Hugging Face model folder into one GGUF file for llama.cpp and what is built on it: weights, hyper-parameters, rotary settings,
/// vocabulary, merges, special tokens and chat template. Families: Llama and Mistral (<c>llama</c>), Qwen2 and Qwen3.
/// </summary>
public static class GgufExport
{
    private const uint QuantizationVersion = 2; // GGML_QNT_VERSION

    /// <summary>
    /// Writes the file, then reads it back and compares every key and every element with the folder. Tensors are read, converted and written
    /// one at a time. Vectors stay F32; a matrix whose rows do not divide into blocks is stored as F16; with <see cref="GgufType.Q4_0"/> the
    /// embedding and the output head, which suffer most, are stored as <see cref="GgufType.Q8_0"/>.
    /// </summary>
    /// <param name="path">The file to write, whole or not at all.</param>
    /// <param name="name">What the model calls itself; the folder's name if null.</param>
    /// <exception cref="InputError">The folder is damaged, or holds what GGUF or this exporter has no counterpart for.</exception>
    /// <exception cref="InvalidDataException">The written file does not hold what was written: a fault of this program or of the disk.</exception>
    public static void Write(string modelFolder, string path, GgufType type, string? name = null)
    {
        var config = FolderJson.Read(modelFolder, "config.json");
        var architecture = GgufArchitecture.Read(config);
        using var files = WeightFiles.Open(modelFolder);
        var tensors = Tensors(files, architecture, type);
        var rows = checked((int)tensors[0].Shape[0]);

        List<KeyValuePair<string, object>> metadata =
        [
            new("general.architecture", architecture.Name),
            new("general.type", "model"),
            new("general.name", name ?? Path.GetFileName(Path.GetFullPath(modelFolder).TrimEnd(Path.DirectorySeparatorChar))),
            .. architecture.Keys(rows),
            new("general.file_type", FileType(type)),
            new("general.quantization_version", QuantizationVersion),
            .. GgufVocabulary.Read(modelFolder, rows, config),
        ];

        GgufWriter.Write(path, metadata, tensors);
        try
        {
            GgufComparison.Check(path, metadata, tensors);
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    /// <summary>The embedding first, then as llama.cpp's converter orders them.</summary>
    private static List<GgufSource> Tensors(WeightFiles files, GgufArchitecture architecture, GgufType type)
    {
        var required = GgufNames.Required(architecture).ToList();
        var missing = required.Where(name => files.Find(name) is null).ToList();
        var known = required.Concat(required.Select(BiasOf)).Append("lm_head.weight").ToHashSet(StringComparer.Ordinal);
        var unknown = files.Tensors.Select(tensor => tensor.Name)
            .Where(name => !known.Contains(name) && !name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal).ToList();
        if (missing.Count + unknown.Count > 0)
        {
            throw new InputError(
                "The weights are not those of a " + architecture.Name + " model:" +
                string.Concat(missing.Select(name => $"\n  missing {name}").Concat(unknown.Select(name => $"\n  unexpected {Quoted.Name(name)}")).Take(11)));
        }

        var sources = new List<GgufSource>();
        foreach (var name in required.SelectMany(name => new[] { name, BiasOf(name) }).Where(name => files.Find(name) is not null))
            sources.Add(Source(files, architecture, name, type));

        if (architecture.Rope.Divisors(architecture.HeadWidth) is { } divisors)
            sources.Insert(1, new GgufSource("rope_freqs.weight", GgufType.F32, [divisors.Length], () => tensor(divisors)));
        return sources;
    }

    private static string BiasOf(string weight) => weight[..^"weight".Length] + "bias";

    private static GgufSource Source(WeightFiles files, GgufArchitecture architecture, string hf, GgufType type)
    {
        var shape = files.Find(hf)!.Shape;
        var heads = !architecture.InterleavesRotary ? 0
            : hf.Contains(".q_proj.", StringComparison.Ordinal) ? architecture.Heads
            : hf.Contains(".k_proj.", StringComparison.Ordinal) ? architecture.KeyValueHeads
            : 0;
        if (heads > 0 && shape[0] != (long)heads * architecture.HeadWidth)
            throw new InputError($"{hf}: found {shape[0]} rows; {heads} heads of {architecture.HeadWidth} ask for {heads * architecture.HeadWidth}");
        return new GgufSource(GgufNames.Of(hf)!, StoredType(hf, shape, type), shape, () => heads == 0 ? files.Read(hf) : Interleaved(files.Read(hf), heads));
    }

    private static GgufType StoredType(string hf, IReadOnlyList<long> shape, GgufType type)
    {
        if (shape.Count <= 1)
            return GgufType.F32;
        if (shape[^1] % GgufBlocks.ElementsOf(type) != 0)
            return GgufType.F16;
        return type == GgufType.Q4_0 && hf is ("model.embed_tokens.weight" or "lm_head.weight") ? GgufType.Q8_0 : type;
    }

    /// <summary>Rows i and i + half of every head, brought side by side.</summary>
    /// <param name="projection">[heads · head width, in], or [heads · head width] for a bias; disposed here.</param>
    private static Tensor Interleaved(Tensor projection, int heads)
    {
        using (projection)
        {
            using var parts = projection.view([heads, 2, projection.shape[0] / heads / 2, -1]);
            using var swapped = parts.transpose(1, 2);
            return swapped.reshape(projection.shape);
        }
    }

    /// <summary>The number of <c>llama_ftype</c>.</summary>
    private static uint FileType(GgufType type) => type switch
    {
        GgufType.F32 => 0,
        GgufType.F16 => 1,
        GgufType.Q4_0 => 2,
        GgufType.Q8_0 => 7,
        GgufType.BF16 => 32,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };
}
