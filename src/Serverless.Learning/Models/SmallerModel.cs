using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Learning.Formats;
using static TorchSharp.torch;

namespace Serverless.Learning.Models;

/// <summary>
/// Makes a smaller model out of a larger one by leaving out layers (DistilBERT begins its student so, arXiv 1910.01108, section 3) and
/// the tokens that were merged last. It knows little until it is trained.
/// </summary>
public static class SmallerModel
{
    private const string ConfigFile = "config.json";
    private const string TokenizerFile = "tokenizer.json";

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    /// <summary>Writes the folder of the smaller model; it appears whole, replacing one that exists.</summary>
    /// <param name="layers">How many stay, at least 1: the first, the last, and others at even distances.</param>
    /// <param name="vocabulary">How many tokens stay, those with the lowest ids; null for all.</param>
    /// <exception cref="InputError">The source cannot be read, has no such number of layers or tokens, or describes each layer apart.</exception>
    public static void Write(string sourceFolder, string targetFolder, int layers, int? vocabulary = null)
    {
        var config = DecoderConfig.Load(sourceFolder);
        if (layers < 1 || layers > config.Layers)
            throw new InputError($"layers: found {layers}; allowed: 1 to {config.Layers}, as {Path.GetFileName(sourceFolder)} has", "layers");
        if (ReadObject(sourceFolder, ConfigFile).ContainsKey("layer_types"))
            throw new InputError($"{ConfigFile}, layer_types: found a list; allowed: a model whose layers are all alike", "layers");
        var tokenizer = vocabulary is { } tokens ? VocabularySelection.FirstTokens(ReadObject(sourceFolder, TokenizerFile), tokens) : null;

        var selection = new LayerSelection(config.Layers, layers);
        using var weights = WeightFiles.Open(sourceFolder);
        var pending = weights.Tensors.Where(tensor => selection.Keeps(tensor.Name)).Select(tensor => Pending(weights, tensor, selection, vocabulary)).ToList();
        var target = Path.GetFullPath(targetFolder).TrimEnd(Path.DirectorySeparatorChar);
        var unfinished = $"{target}.{Guid.NewGuid():N}.tmp";
        ModelFolder.WriteMerged(sourceFolder, unfinished, pending, pending[0].Dtype);
        var written = ReadObject(unfinished, ConfigFile);
        written["num_hidden_layers"] = layers;
        if (tokenizer is not null)
        {
            written["vocab_size"] = vocabulary;
            WriteObject(unfinished, TokenizerFile, tokenizer);
        }
        WriteObject(unfinished, ConfigFile, written);
        ModelFolder.Replace(target, unfinished);
    }

    private static PendingTensor Pending(WeightFiles weights, SafetensorsTensor stored, LayerSelection selection, int? vocabulary)
    {
        if (vocabulary is not { } tokens || stored.Name is not (WeightNames.Embedding or WeightNames.Head))
            return new PendingTensor(selection.NameOf(stored.Name), stored.Shape, stored.Dtype, () => weights.Read(stored.Name));
        return new PendingTensor(stored.Name, [tokens, .. stored.Shape.Skip(1)], stored.Dtype, FirstRows);

        Tensor FirstRows()
        {
            using var whole = weights.Read(stored.Name);
            using var rows = whole.narrow(0, 0, tokens);
            return rows.clone();
        }
    }

    private static JsonObject ReadObject(string folder, string file)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllBytes(Path.Combine(folder, file))) as JsonObject ?? throw new InputError($"{file}: allowed: a JSON object");
        }
        catch (Exception fault) when (fault is FileNotFoundException or JsonException)
        {
            throw new InputError($"{file}: {fault.Message}", innerException: fault);
        }
    }

    private static void WriteObject(string folder, string file, JsonObject content) =>
        File.WriteAllText(Path.Combine(folder, file), content.ToJsonString(s_indented) + "\n");
}
