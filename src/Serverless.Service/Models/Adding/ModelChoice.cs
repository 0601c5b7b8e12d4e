using Serverless.Learning;
using Serverless.Learning.Formats;

namespace Serverless.Service.Models.Adding;

/// <summary>
/// Which of the files that somebody brings belong to a model: weights in safetensors, JSON, templates, plain text such as merges, and licences, all
/// in one folder; or to an adapter. Formats that can run code when they are read are refused; the rest is left out.
/// </summary>
internal sealed class ModelChoice
{
    /// <summary>The most bytes of all files but weights. A vocabulary of 256,000 tokens takes 35 MB, and is in memory while it is checked.</summary>
    public const long MaxTextBytes = 256L * 1024 * 1024;

    private const string Config = "config.json", Safetensors = ".safetensors";

    private static readonly string[] Configs = [Config, PeftAdapter.ConfigFile];
    private static readonly string[] TakenExtensions = [".json", ".txt", ".jinja"];
    private static readonly string[] TakenNames = ["LICENSE", "LICENCE", "NOTICE"];

    // Python's pickles, by the names that they go by.
    private static readonly string[] CodeExtensions = [".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib"];

    private ModelChoice(
        bool isAdapter, IReadOnlyList<(string Name, ModelFile File)> texts, IReadOnlyList<(string Name, ModelFile File)> weights, IReadOnlyList<string> leftOut) =>
        (IsAdapter, Texts, Weights, LeftOut) = (isAdapter, texts, weights, leftOut);

    /// <summary>Whether it is an adapter in PEFT's layout, and no whole model.</summary>
    public bool IsAdapter { get; }

    /// <summary>Everything but weights, each with its name in the model's folder.</summary>
    public IReadOnlyList<(string Name, ModelFile File)> Texts { get; }

    /// <summary>All safetensors files.</summary>
    public IReadOnlyList<(string Name, ModelFile File)> Weights { get; }

    /// <summary>The paths of files that are not taken.</summary>
    public IReadOnlyList<string> LeftOut { get; }

    /// <exception cref="InputError">A name leads out of the folder or stands twice, a format can run code, or there is not one model; all of it is listed.</exception>
    public static ModelChoice Of(IModelFiles source)
    {
        var faults = source.Files.Where(file => !IsInside(file.Path))
            .Select(file => $"{source.Name}: the name {AddedName.Shown(file.Path)} leads out of the folder; allowed: names inside it").ToList();
        faults.AddRange(source.Files.GroupBy(file => file.Path, StringComparer.OrdinalIgnoreCase).Where(same => same.Count() > 1)
            .Select(same => $"{source.Name}: the name {AddedName.Shown(same.Key)} stands there {same.Count()} times; allowed: once"));
        var root = faults.Count > 0 ? "" : RootOf(source, faults);
        var inRoot = source.Files.Where(file => IsIn(root, file.Path)).Select(file => (Name: file.Path[root.Length..], File: file))
            .OrderBy(file => file.Name, StringComparer.Ordinal).ToList();
        faults.AddRange(inRoot.Where(file => HasExtension(file.Name, CodeExtensions)).Select(file =>
            $"{source.Name}: {AddedName.Shown(file.Name)} is in a format that can run code when it is read; allowed: weights in {Safetensors}, without such files beside them"));
        var isAdapter = AdapterFiles.Are([.. inRoot.Select(file => file.Name)]);
        if (isAdapter && !inRoot.Any(file => file.Name == PeftAdapter.WeightsFile))
            faults.Add($"{source.Name}: found {PeftAdapter.ConfigFile} and no {PeftAdapter.WeightsFile}; an adapter's folder holds both");
        var taken = inRoot.Where(file => IsTaken(file.Name, isAdapter)).ToList();
        var texts = taken.Where(file => !IsWeights(file.Name)).ToList();
        if (texts.Sum(file => file.File.Bytes) is var bytes and > MaxTextBytes)
            faults.Add($"{source.Name}: its files but for weights have {bytes} bytes together; allowed: at most {MaxTextBytes}");
        if (faults.Count > 0)
            throw new InputError(string.Join('\n', faults));
        var files = taken.Select(file => file.File).ToHashSet(ReferenceEqualityComparer.Instance);
        return new ModelChoice(isAdapter, texts, [.. taken.Except(texts)], [.. source.Files.Where(file => !files.Contains(file)).Select(file => file.Path)]);
    }

    /// <summary>Whether files of these paths, beside all others of a repository, are an adapter.</summary>
    public static bool IsAdapterAmong(IEnumerable<string> paths) => AdapterFiles.Are([.. paths.Where(path => IsIn("", path))]);

    /// <summary>Whether a model, or an adapter, takes the file of that path: it lies beside its configuration and is a text or weights.</summary>
    public static bool IsTaken(string path, bool isAdapter) =>
        IsInside(path) && IsIn("", path) && (isAdapter ? AdapterFiles.IsTaken(path) : IsText(path) || IsWeights(path));

    /// <summary>Whether the name is one of weights that are taken.</summary>
    public static bool IsWeights(string name) => HasExtension(name, [Safetensors]);

    /// <summary>What stands before the names of the model's files: nothing, or the one folder that all of them lie in.</summary>
    private static string RootOf(IModelFiles source, List<string> faults)
    {
        var roots = source.Files.Select(file => file.Path)
            .Where(path => Configs.Contains(path[(path.LastIndexOf('/') + 1)..]) && path.Count(c => c == '/') <= 1)
            .Select(path => path[..(path.LastIndexOf('/') + 1)]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        if (roots.Count == 0)
            faults.Add(
                $"{source.Name}: found no {Config}; a model folder holds {Config}, tokenizer.json and *{Safetensors}, and an adapter's {PeftAdapter.ConfigFile} and {PeftAdapter.WeightsFile}");
        if (roots.Count > 1 && roots[0].Length > 0)
            faults.Add($"{source.Name}: found models in {string.Join(" and ", roots.Select(root => AddedName.Shown(root.TrimEnd('/'))))}; allowed: one model");
        return roots.FirstOrDefault("");
    }

    private static bool IsInside(string path) =>
        !path.AsSpan().ContainsAny('\\', ':', '\0') && !path.Any(char.IsControl) && path.Split('/').All(part => part is not ("" or "." or ".."));

    private static bool IsIn(string root, string path) =>
        path.StartsWith(root, StringComparison.Ordinal) && !path.AsSpan(root.Length).Contains('/') && path.Length > root.Length && path[root.Length] != '.';

    private static bool IsText(string name) => HasExtension(name, TakenExtensions) || TakenNames.Contains(name, StringComparer.OrdinalIgnoreCase);

    private static bool HasExtension(string name, string[] extensions) =>
        extensions.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase);
}
