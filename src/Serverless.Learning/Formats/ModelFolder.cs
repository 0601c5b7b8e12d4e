using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Learning.Models;
using static TorchSharp.torch;

namespace Serverless.Learning.Formats;

/// <summary>Writes a Hugging Face model folder that differs from the one it came from in its weights only.</summary>
public static class ModelFolder
{
    /// <summary>Bytes of tensors in one file, as transformers splits by default (5 GB).</summary>
    public const long DefaultShardBytes = 5_000_000_000;

    private const string ConfigFile = "config.json";

    private static readonly string[] WeightExtensions =
        [".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".gguf", ".h5", ".msgpack", ".onnx", ".ot", ".npz"];

    private static readonly JsonSerializerOptions Indented =
        new() { WriteIndented = true, IndentSize = 2, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <inheritdoc cref="WriteMerged(string, string, IReadOnlyList{PendingTensor}, ScalarType, long)"/>
    /// <param name="weights">By Hugging Face's names, any dtype and device; they stay the caller's and are converted one at a time.</param>
    public static void WriteMerged(
        string sourceFolder,
        string targetFolder,
        IReadOnlyDictionary<string, Tensor> weights,
        ScalarType dtype,
        long shardBytes = DefaultShardBytes) =>
        WriteMerged(sourceFolder, targetFolder, [.. weights.Select(entry => PendingTensor.Of(entry.Key, entry.Value))], dtype, shardBytes);

    /// <summary>
    /// Copies the source's files (configuration with its dtype set, tokenizer, templates, generation configuration, licence) and writes the
    /// weights beside them, in one file or in shards with an index. The source's weights, its README (a new model has a card of its own),
    /// hidden files and sub-folders are left out. The target appears whole, replacing one that exists.
    /// </summary>
    /// <param name="weights">By Hugging Face's names, any dtype; made and converted one at a time.</param>
    /// <param name="dtype">What floating-point weights are stored as: Float32, Float16 or BFloat16.</param>
    /// <param name="shardBytes">A file holds no more bytes of tensors than this, except for a single larger tensor.</param>
    /// <exception cref="InputError">The source's <c>config.json</c> is missing or no JSON object.</exception>
    public static void WriteMerged(
        string sourceFolder,
        string targetFolder,
        IReadOnlyList<PendingTensor> weights,
        ScalarType dtype,
        long shardBytes = DefaultShardBytes)
    {
        var config = ConfigWithDtype(sourceFolder, dtype);
        var target = Path.GetFullPath(targetFolder).TrimEnd(Path.DirectorySeparatorChar);
        var temporary = $"{target}.{Guid.NewGuid():N}.tmp";
        Directory.CreateDirectory(temporary);
        try
        {
            foreach (var file in new DirectoryInfo(sourceFolder).EnumerateFiles().Where(IsCopied))
                file.CopyTo(Path.Combine(temporary, file.Name));
            AtomicFile.Write(Path.Combine(temporary, ConfigFile), config);
            WriteWeights(temporary, weights, dtype, shardBytes);
            Replace(target, temporary);
        }
        catch
        {
            Directory.Delete(temporary, recursive: true);
            throw;
        }
    }

    private static bool IsCopied(FileInfo file) =>
        file.Name is not ConfigFile
        && !file.Name.StartsWith('.')
        && !file.Name.Equals("README.md", StringComparison.OrdinalIgnoreCase)
        && !file.Name.EndsWith(".index.json", StringComparison.OrdinalIgnoreCase)
        && !WeightExtensions.Contains(file.Extension, StringComparer.OrdinalIgnoreCase);

    private static byte[] ConfigWithDtype(string sourceFolder, ScalarType dtype)
    {
        var path = Path.Combine(sourceFolder, ConfigFile);
        if (!File.Exists(path))
            throw new InputError($"{ConfigFile}: no such file in {sourceFolder}");

        JsonObject config;
        try
        {
            config = JsonNode.Parse(File.ReadAllBytes(path), documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject
                ?? throw new InputError($"{ConfigFile}: allowed: a JSON object");
        }
        catch (JsonException fault)
        {
            throw new InputError($"{ConfigFile}: not JSON: {fault.Message}", innerException: fault);
        }

        config = TextConfig(config);
        SetDtype(config, dtype);
        if (config["text_config"] is JsonObject text && (text.ContainsKey("torch_dtype") || text.ContainsKey("dtype")))
            SetDtype(text, dtype);
        return [.. JsonSerializer.SerializeToUtf8Bytes(config, Indented), (byte)'\n'];
    }

    /// <summary>
    /// The weights are those of the text model alone, so where the source's configuration describes one that sees as well (Gemma 3), the text
    /// model's part of it is written as a whole of its own.
    /// </summary>
    private static JsonObject TextConfig(JsonObject config)
    {
        if (config["model_type"]?.GetValue<string>() != "gemma3" || config["text_config"] is not JsonObject text)
            return config;
        var whole = text.DeepClone().AsObject();
        whole["model_type"] = "gemma3_text";
        whole["architectures"] = new JsonArray("Gemma3ForCausalLM");
        foreach (var name in new[] { "bos_token_id", "eos_token_id", "pad_token_id", "tie_word_embeddings", "torch_dtype", "dtype", DecoderConfig.ContextField })
        {
            if (!whole.ContainsKey(name) && config[name] is { } value)
                whole[name] = value.DeepClone();
        }
        return whole;
    }

    /// <summary>transformers wrote <c>torch_dtype</c> up to 4.55 and writes <c>dtype</c> since; it reads both.</summary>
    private static void SetDtype(JsonObject config, ScalarType dtype)
    {
        var name = dtype switch
        {
            ScalarType.Float32 => "float32",
            ScalarType.Float16 => "float16",
            ScalarType.BFloat16 => "bfloat16",
            _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "allowed: Float32, Float16, BFloat16"),
        };
        var isNew = config.ContainsKey("dtype");
        if (isNew)
            config["dtype"] = name;
        if (!isNew || config.ContainsKey("torch_dtype"))
            config["torch_dtype"] = name;
    }

    private static void WriteWeights(string folder, IReadOnlyList<PendingTensor> weights, ScalarType dtype, long shardBytes)
    {
        var metadata = new Dictionary<string, string> { ["format"] = "pt" };
        var shards = Shards(weights, dtype, shardBytes, out var totalBytes);
        if (shards.Count == 1)
        {
            SafetensorsWriter.WritePending(Path.Combine(folder, WeightFiles.SingleFile), shards[0], metadata, dtype);
            return;
        }

        var map = new SortedDictionary<string, string>(Utf8Order.Instance);
        for (var shard = 0; shard < shards.Count; shard++)
        {
            var name = $"model-{shard + 1:00000}-of-{shards.Count:00000}.safetensors";
            SafetensorsWriter.WritePending(Path.Combine(folder, name), shards[shard], metadata, dtype);
            foreach (var tensor in shards[shard])
                map.Add(tensor.Name, name);
        }

        var index = new JsonObject
        {
            ["metadata"] = new JsonObject { ["total_size"] = totalBytes },
            ["weight_map"] = new JsonObject(map.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value))),
        };
        AtomicFile.Write(
            Path.Combine(folder, WeightFiles.IndexFile), [.. JsonSerializer.SerializeToUtf8Bytes(index, Indented), (byte)'\n']);
    }

    /// <summary>At least one shard, filled in the order of names.</summary>
    private static List<List<PendingTensor>> Shards(IReadOnlyList<PendingTensor> weights, ScalarType dtype, long shardBytes, out long totalBytes)
    {
        List<List<PendingTensor>> shards = [[]];
        totalBytes = 0;
        var filled = 0L;
        foreach (var weight in weights.OrderBy(weight => weight.Name, Utf8Order.Instance))
        {
            var stored = SafetensorsDtype.IsFloat(weight.Dtype) ? dtype : weight.Dtype;
            var bytes = weight.Count * SafetensorsDtype.SizeOf(stored);
            if (filled > 0 && filled + bytes > shardBytes)
            {
                shards.Add([]);
                filled = 0;
            }

            shards[^1].Add(weight);
            filled += bytes;
            totalBytes += bytes;
        }

        return shards;
    }

    /// <summary>Puts a finished folder where the target is to be. Folders cannot be renamed over one another, so an old target steps aside first.</summary>
    internal static void Replace(string target, string temporary)
    {
        if (!Directory.Exists(target))
        {
            Directory.Move(temporary, target);
            return;
        }

        var old = $"{target}.{Guid.NewGuid():N}.old";
        Directory.Move(target, old);
        Directory.Move(temporary, target);
        Directory.Delete(old, recursive: true);
    }
}
