using Serverless.Learning.Models;
using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Formats.Gguf;

/// <summary>
/// Turns a Hugging Face model folder into one GGUF file for llama.cpp and what is built on it: weights, hyper-parameters, rotary settings,
/// vocabulary, merges, special tokens and chat template. Architectures: <c>llama</c> (Llama, Mistral), <c>qwen2</c>, <c>qwen3</c>,
/// <c>phi3</c>, <c>gemma2</c>, <c>gemma3</c>.
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
    /// <param name="cancellation">Looked at before each tensor is written or compared.</param>
    /// <exception cref="InvalidDataException">The written file does not hold what was written: a fault of this program or of the disk.</exception>
    public static void Write(string modelFolder, string path, GgufType type, string? name = null, CancellationToken cancellation = default)
    {
        var config = DecoderConfig.Load(modelFolder);
        var architecture = GgufArchitecture.Of(config);
        using var files = WeightFiles.Open(modelFolder);
        ModelWeights.Check(files, config.WeightShapes(), config.IgnorableWeights());
        var tensors = Tensors(files, architecture, config, type, cancellation);

        List<KeyValuePair<string, object>> metadata =
        [
            new("general.architecture", architecture.Name),
            new("general.type", "model"),
            new("general.name", name ?? Path.GetFileName(Path.GetFullPath(modelFolder).TrimEnd(Path.DirectorySeparatorChar))),
            .. architecture.Keys(),
            new("general.file_type", FileType(type)),
            new("general.quantization_version", QuantizationVersion),
            .. GgufVocabulary.Read(modelFolder, config.VocabularySize, FolderJson.Read(modelFolder, "config.json")),
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

    /// <summary>The embedding first, then in the order of the computation.</summary>
    private static List<GgufSource> Tensors(WeightFiles files, GgufArchitecture architecture, DecoderConfig config, GgufType type, CancellationToken cancellation)
    {
        var sources = config.WeightShapes().Select(shape => Source(files, architecture, config, shape.Key, shape.Value, type, cancellation)).ToList();
        sources.InsertRange(1, architecture.Rope.Divisors().Select(divisors =>
            new GgufSource(divisors.Name, GgufType.F32, [divisors.Values.Length], () => tensor(divisors.Values))));
        return sources;
    }

    private static GgufSource Source(
        WeightFiles files, GgufArchitecture architecture, DecoderConfig config, string hf, long[] shape, GgufType type, CancellationToken cancellation)
    {
        var heads = !architecture.InterleavesRotary ? 0
            : hf.Contains(".q_proj.", StringComparison.Ordinal) ? config.Heads
            : hf.Contains(".k_proj.", StringComparison.Ordinal) ? config.KeyValueHeads
            : 0;
        var addsOne = config.NormsAddOne && hf.EndsWith("norm.weight", StringComparison.Ordinal);
        return new GgufSource(GgufNames.Of(hf, config.BranchNorms), StoredType(hf, shape, type), shape, () =>
        {
            cancellation.ThrowIfCancellationRequested();
            return heads > 0 ? Interleaved(files.Read(hf), heads) : addsOne ? PlusOne(files.Read(hf)) : files.Read(hf);
        });
    }

    private static GgufType StoredType(string hf, long[] shape, GgufType type)
    {
        if (shape.Length <= 1)
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

    /// <summary>GGUF's norms multiply by the weight alone, Gemma's by 1 + weight.</summary>
    /// <param name="norm">Disposed here.</param>
    private static Tensor PlusOne(Tensor norm)
    {
        using (norm)
        {
            using var wide = norm.to(ScalarType.Float32);
            return wide.Plus(1);
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
