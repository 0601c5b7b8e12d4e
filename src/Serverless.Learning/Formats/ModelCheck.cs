using System.Text.Json;
using Serverless.Learning.Models;
using Serverless.Learning.Text;

namespace Serverless.Learning.Formats;

/// <summary>
/// Says whether a Hugging Face folder is a model that can be trained and served, without reading a tensor's elements and without libtorch: of
/// the safetensors files only the headers are looked at.
/// </summary>
public static class ModelCheck
{
    /// <summary>Checks configuration, tokenizer, chat template, generation settings and the names, shapes and types of all tensors.</summary>
    /// <exception cref="InputError">All that is missing, broken or not supported, a line each.</exception>
    public static void Check(string folder) => Check(folder, withWeights: true);

    /// <summary>Checks the same but for the weights, which may still be missing.</summary>
    /// <exception cref="InputError">All that is missing, broken or not supported, a line each.</exception>
    public static void CheckText(string folder) => Check(folder, withWeights: false);

    /// <summary>
    /// The files that hold the model's weights: <c>model.safetensors</c> where there is one, otherwise those that the index in the folder
    /// names, otherwise all of <paramref name="candidates"/>.
    /// </summary>
    /// <param name="folder">The folder of the index; the weights themselves need not be there.</param>
    /// <param name="candidates">The names of all safetensors files.</param>
    public static IReadOnlyList<string> WeightsAmong(string folder, IReadOnlyCollection<string> candidates)
    {
        if (candidates.Contains(WeightFiles.SingleFile))
            return [WeightFiles.SingleFile];
        var index = Path.Combine(folder, WeightFiles.IndexFile);
        if (!File.Exists(index))
            return [.. candidates];
        try
        {
            return [.. WeightFiles.ReadIndex(index).Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        }
        catch (InputError)
        {
            // The check of the folder says what is wrong with the index.
            return [.. candidates];
        }
    }

    private static void Check(string folder, bool withWeights)
    {
        var faults = new List<string>();
        var config = Try(() => DecoderConfig.Load(folder));
        var tokenizer = Try(() => Tokenizer.Load(Path.Combine(folder, "tokenizer.json")));
        Try(() => ChatTemplate.Load(folder));
        Try(() => CheckGeneration(Path.Combine(folder, "generation_config.json")));
        if (config is not null && tokenizer is not null)
            Try(() => CheckRows(config, tokenizer));
        if (withWeights)
            Try(() => CheckWeights(folder, config));
        if (faults.Count > 0)
            throw new InputError(string.Join('\n', faults));

        T? Try<T>(Func<T> read)
            where T : class
        {
            try
            {
                return read();
            }
            catch (InputError fault)
            {
                // Where the folder lies is of no interest to whoever brings it.
                faults.Add(fault.Message
                    .Replace(folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal)
                    .Replace(folder, Path.GetFileName(folder), StringComparison.Ordinal));
                return null;
            }
        }
    }

    /// <summary>A token without a row would fail in the middle of a run. Markers of what only other models can see may lack one (Gemma 3).</summary>
    private static DecoderConfig CheckRows(DecoderConfig config, Tokenizer tokenizer)
    {
        for (var id = config.VocabularySize; id < tokenizer.VocabularySize; id++)
            if (tokenizer.HasToken(id) && !tokenizer.IsSpecial(id))
                throw new InputError(
                    $"tokenizer.json: token {Quoted.Name(tokenizer.TokenOf(id))} has the id {id}; config.json, vocab_size: {config.VocabularySize} allows ids below that");
        return config;
    }

    private static string CheckGeneration(string path)
    {
        if (!File.Exists(path))
            return path;
        try
        {
            using var document = StrictJson.Parse(File.ReadAllBytes(path));
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? path
                : throw new InputError($"generation_config.json: found {document.RootElement.ValueKind}; allowed: an object");
        }
        catch (JsonException fault)
        {
            throw new InputError($"generation_config.json: is not valid JSON: {fault.Message}", innerException: fault);
        }
    }

    private static string CheckWeights(string folder, DecoderConfig? config)
    {
        var index = Path.Combine(folder, WeightFiles.IndexFile);
        if (!File.Exists(Path.Combine(folder, WeightFiles.SingleFile)) && File.Exists(index))
        {
            var missing = WeightFiles.ReadIndex(index).Values.Distinct(StringComparer.Ordinal)
                .Where(shard => !File.Exists(Path.Combine(folder, shard))).Order(StringComparer.Ordinal).ToList();
            if (missing.Count > 0)
                throw new InputError(string.Join('\n', missing.Select(shard => $"{shard}: no such file; {WeightFiles.IndexFile} names it")));
        }

        using var files = WeightFiles.Open(folder);
        if (config is not null)
            ModelWeights.Check(files, config.WeightShapes(), config.IgnorableWeights());
        return folder;
    }
}
