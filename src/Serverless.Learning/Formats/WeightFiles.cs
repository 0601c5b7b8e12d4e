using System.Text.Json;

namespace Serverless.Learning.Formats;

/// <summary>
/// The safetensors files of a model folder: <c>model.safetensors</c>, or the shards that <c>model.safetensors.index.json</c> names. Where the
/// folder's model sees as well, the tensors are those of its text model, under the names that a text model alone gives them.
/// </summary>
internal sealed class WeightFiles : IDisposable
{
    public const string SingleFile = "model.safetensors";
    public const string IndexFile = "model.safetensors.index.json";

    private readonly List<SafetensorsFile> files = [];
    private readonly Dictionary<string, (SafetensorsFile File, SafetensorsTensor Stored)> owners = new(StringComparer.Ordinal);
    private readonly HashSet<string> stored = new(StringComparer.Ordinal);

    private WeightFiles(string file) => File = file;

    /// <summary>What the folder's weights are listed in: the one file, or the index.</summary>
    public string File { get; }

    /// <summary>Where the text model stands among the names in the files.</summary>
    public TextModelSpelling Spelling { get; private set; }

    /// <summary>Every tensor of every file.</summary>
    public IEnumerable<SafetensorsTensor> Tensors => owners.Select(owner => owner.Value.Stored with { Name = owner.Key });

    /// <exception cref="InputError">There are no weights, the index is damaged, or a file is.</exception>
    public static WeightFiles Open(string folder)
    {
        var file = new[] { SingleFile, IndexFile }.FirstOrDefault(name => System.IO.File.Exists(Path.Combine(folder, name)))
            ?? throw new InputError($"{Path.GetFileName(Path.GetFullPath(folder).TrimEnd('/', '\\'))}: found {FoundWeights(folder)}; allowed: {SingleFile}, or {IndexFile} with its shards");
        var opened = new WeightFiles(file);
        try
        {
            if (file == SingleFile)
                opened.Add(folder, SingleFile);
            else
                opened.AddShards(folder);
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>The tensor in its file's dtype; a new CPU tensor, owned by the caller.</summary>
    public TorchSharp.torch.Tensor Read(string name) => owners[name].File.Read(owners[name].Stored.Name);

    /// <inheritdoc cref="SafetensorsFile.Map"/>
    public TorchSharp.torch.Tensor? Map(string name) => owners[name].File.Map(owners[name].Stored.Name);

    public SafetensorsTensor? Find(string name) => owners.TryGetValue(name, out var owner) ? owner.Stored : null;

    public void Dispose() => files.ForEach(file => file.Dispose());

    private void AddShards(string folder)
    {
        var indexed = ReadIndex(Path.Combine(folder, IndexFile));
        foreach (var shard in indexed.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
            Add(folder, shard);

        foreach (var (tensor, shard) in indexed.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            if (!stored.Contains(tensor))
                throw new InputError($"{IndexFile}, weight_map: tensor {Quoted.Name(tensor)} is not in {shard}");
        }
    }

    private void Add(string folder, string fileName)
    {
        var file = SafetensorsFile.Open(Path.Combine(folder, fileName));
        files.Add(file);
        foreach (var (name, tensor) in file.Tensors)
        {
            stored.Add(name);
            if (TextModelNames.Alone(name) is not { } inner)
                continue;
            if (TextModelNames.SpellingOf(name) is not TextModelSpelling.Alone and var spelling)
                Spelling = spelling;
            if (!owners.TryAdd(inner, (file, tensor)))
                throw new InputError($"{fileName}, tensor {Quoted.Name(name)}: another shard holds a tensor of this name");
        }
    }

    /// <summary>Tensor name to file name.</summary>
    /// <exception cref="InputError">The index is damaged, or names a file outside its folder.</exception>
    public static Dictionary<string, string> ReadIndex(string path)
    {
        try
        {
            using var index = JsonDocument.Parse(System.IO.File.ReadAllBytes(path), new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (index.RootElement.ValueKind != JsonValueKind.Object
                || !index.RootElement.TryGetProperty("weight_map", out var map)
                || map.ValueKind != JsonValueKind.Object)
                throw new InputError($"{IndexFile}: no weight_map; allowed: an object from tensor names to file names");
            return map.EnumerateObject().ToDictionary(entry => entry.Name, FileName, StringComparer.Ordinal);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException) // the latter: strings that are not UTF-8
        {
            throw new InputError($"{IndexFile}: not JSON: {fault.Message}", innerException: fault);
        }
    }

    private static string FileName(JsonProperty entry)
    {
        var name = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString()! : "";
        if (!name.EndsWith(".safetensors", StringComparison.Ordinal) || name.AsSpan().ContainsAny('/', '\\', '\0'))
            throw new InputError(
                $"{IndexFile}, weight_map, {Quoted.Name(entry.Name)}: found {Quoted.Cut(entry.Value.GetRawText())}; " +
                "allowed: the name of a .safetensors file in the same folder");
        return name;
    }

    private static string FoundWeights(string folder)
    {
        if (!Directory.Exists(folder))
            return "no such folder";
        var other = Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path))
            .Where(name => Path.GetExtension(name) is ".bin" or ".pt" or ".pth" or ".gguf" or ".safetensors" or ".h5" or ".msgpack")
            .Order(StringComparer.Ordinal).Take(3).ToList();
        return other.Count == 0 ? "no weights" : string.Join(", ", other);
    }
}
