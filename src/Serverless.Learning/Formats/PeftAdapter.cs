using Serverless.Learning.Adapters;
using Serverless.Learning.Models;
using static TorchSharp.torch;

namespace Serverless.Learning.Formats;

/// <summary>
/// A LoRA adapter in PEFT's layout: <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>. Here a tensor is named by its module's
/// path and <c>.lora_A</c> [R, in], <c>.lora_B</c> [out, R] or, with DoRA, <c>.lora_magnitude_vector</c> [out]; in the file PEFT puts
/// <c>base_model.model.</c> before all and <c>.weight</c> after the first two, and calls the modules of a model that sees as well by that
/// model's names (see <see cref="TextModelSpelling"/>).
/// </summary>
public static class PeftAdapter
{
    /// <summary>The name of the configuration.</summary>
    public const string ConfigFile = PeftConfig.FileName;

    /// <summary>The name of the weights.</summary>
    public const string WeightsFile = "adapter_model.safetensors";

    private const string Prefix = "base_model.model.";
    private const string Suffix = ".weight";
    private const string MagnitudePart = ".lora_magnitude_vector";
    private const int MaxListedFaults = 11;

    private static readonly string[] MatrixParts = [".lora_A", ".lora_B"];

    /// <summary>Writes both files, each whole or not at all, the configuration last.</summary>
    /// <param name="folder">Created if missing.</param>
    /// <param name="options">Of a low-rank kind. PEFT knows quantisation as a matter of the base, so one trained on NF4 is written as any other.</param>
    /// <param name="baseModel">What PEFT shall load the adapter onto: a hub name or a path.</param>
    /// <param name="tensors">A, B and magnitudes of every adapted module; they stay the caller's and keep their dtype.</param>
    /// <param name="revision">The commit of a hub name; null for whatever is newest, and for a path.</param>
    /// <param name="spelling">How the base's own folder names its text model, by which PEFT finds the modules.</param>
    public static void Save(
        string folder, AdapterOptions options, string baseModel, IReadOnlyDictionary<string, Tensor> tensors, string? revision = null,
        TextModelSpelling spelling = TextModelSpelling.Alone)
    {
        if (!options.IsLowRank)
            throw new ArgumentException($"An adapter of kind {options.Kind} has no PEFT layout", nameof(options));
        var shapes = tensors.ToDictionary(entry => entry.Key, entry => (IReadOnlyList<long>)entry.Value.shape);
        var modules = Check(shapes, options, out var faults);
        if (faults.Count > 0)
            throw new ArgumentException(string.Join('\n', faults), nameof(tensors));

        Directory.CreateDirectory(folder);
        SafetensorsWriter.Write(
            Path.Combine(folder, WeightsFile),
            tensors.Select(entry => KeyValuePair.Create(FileName(entry.Key, spelling), entry.Value)),
            new Dictionary<string, string> { ["format"] = "pt" });

        // As PEFT does, "all-linear" is written as the names it stood for.
        var targets = IsAllLinear(options)
            ? modules.Select(module => module[(module.LastIndexOf('.') + 1)..]).Distinct(StringComparer.Ordinal)
            : options.TargetModules;
        string Spelled(string target) => target.StartsWith("model.", StringComparison.Ordinal) ? TextModelNames.Spell(target, spelling) : target;
        AtomicFile.Write(
            Path.Combine(folder, PeftConfig.FileName),
            PeftConfig.Write(options, baseModel, revision, targets.Select(Spelled).Order(StringComparer.Ordinal)));
    }

    /// <returns>
    /// The options, and A, B and magnitudes of every adapted module as new CPU tensors of type Float32 (PEFT too trains and applies adapters in it),
    /// owned by the caller.
    /// </returns>
    /// <exception cref="InputError">A file is missing or damaged, an option is not supported, or tensors and options do not fit.</exception>
    public static (AdapterOptions Options, Dictionary<string, Tensor> Tensors) Load(string folder)
    {
        var options = PeftConfig.Parse(Configuration(folder)).Options;
        using var file = SafetensorsFile.Open(Path.Combine(folder, WeightsFile));
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var (name, stored) in Fitting(file, options))
        {
            using var raw = file.Read(stored.Name);
            tensors.Add(name, raw.to(ScalarType.Float32, CPU, copy: true));
        }

        return (options, tensors);
    }

    /// <summary>What the folder's adapter says its base is, a hub name or a path. Loads nothing native.</summary>
    /// <exception cref="InputError">There is no configuration, or an option is not supported.</exception>
    public static string? BaseOf(string folder) => PeftConfig.Parse(Configuration(folder)).BaseModel;

    /// <summary>Checks a folder against the base it is meant for, by the files' headers alone. Loads nothing native.</summary>
    /// <exception cref="InputError">As <see cref="Load"/>; or a tensor is missing, unexpected or mis-shaped for this base.</exception>
    public static void Check(string folder, DecoderConfig baseModel)
    {
        var options = PeftConfig.Parse(Configuration(folder)).Options;
        using var file = SafetensorsFile.Open(Path.Combine(folder, WeightsFile));
        AdapterShapes.Check(baseModel, options, Fitting(file, options).ToDictionary(entry => entry.Key, entry => entry.Value.Shape));
    }

    private static byte[] Configuration(string folder)
    {
        var path = Path.Combine(folder, PeftConfig.FileName);
        return File.Exists(path) ? File.ReadAllBytes(path) : throw new InputError($"{PeftConfig.FileName}: no such file in {folder}");
    }

    /// <summary>The file's tensors under the names used here, after checking that they fit the options.</summary>
    private static Dictionary<string, SafetensorsTensor> Fitting(SafetensorsFile file, AdapterOptions options)
    {
        var names = InnerNames(file, out var faults);
        if (faults.Count == 0)
            _ = Check(names.ToDictionary(entry => entry.Key, entry => entry.Value.Shape), options, out faults);
        return faults.Count == 0 ? names : throw new InputError(Listed(faults));
    }

    /// <summary>The file's tensors under the names used here.</summary>
    private static Dictionary<string, SafetensorsTensor> InnerNames(SafetensorsFile file, out List<string> faults)
    {
        faults = [];
        var names = new Dictionary<string, SafetensorsTensor>(StringComparer.Ordinal);
        foreach (var tensor in file.Tensors.Values.OrderBy(tensor => tensor.Name, StringComparer.Ordinal))
        {
            if (InnerName(tensor.Name) is not { } inner)
                faults.Add($"tensor {Quoted.Name(tensor.Name)}: allowed: {Prefix}<module> with .lora_A{Suffix}, .lora_B{Suffix} or {MagnitudePart}");
            else if (!SafetensorsDtype.IsFloat(tensor.Dtype))
                faults.Add($"tensor {Quoted.Name(tensor.Name)}: found dtype {SafetensorsDtype.NameOf(tensor.Dtype)}; allowed: F64, F32, F16, BF16");
            else if (!names.TryAdd(inner, tensor))
                faults.Add($"tensor {Quoted.Name(tensor.Name)}: stands there under another spelling as well, {Quoted.Name(names[inner].Name)}");
        }

        return names;
    }

    private static string FileName(string inner, TextModelSpelling spelling) =>
        Prefix + TextModelNames.Spell(inner, spelling) + (inner.EndsWith(MagnitudePart, StringComparison.Ordinal) ? "" : Suffix);

    /// <summary>The reverse of <see cref="FileName"/> for any spelling, or null where PEFT writes no such name.</summary>
    private static string? InnerName(string fileName)
    {
        if (!fileName.StartsWith(Prefix, StringComparison.Ordinal)) return null;
        var spelled = fileName[Prefix.Length..];
        // What belongs to sight keeps its name, by which it is refused.
        var inner = TextModelNames.Alone(spelled) ?? spelled;
        if (inner.EndsWith(Suffix, StringComparison.Ordinal)) inner = inner[..^Suffix.Length];
        return ModuleOf(inner) is not null && FileName(inner, TextModelNames.SpellingOf(spelled)) == fileName ? inner : null;
    }

    /// <summary>The adapted modules, after checking that each has all its parts in the shapes of the options, and is one of the target modules.</summary>
    private static List<string> Check(IReadOnlyDictionary<string, IReadOnlyList<long>> shapes, AdapterOptions options, out List<string> faults)
    {
        faults = [];
        var modules = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var name in shapes.Keys)
        {
            if (ModuleOf(name) is { } module)
                modules.Add(module);
            else
                faults.Add($"tensor {Quoted.Name(name)}: allowed: <module> with .lora_A, .lora_B or {MagnitudePart}");
        }

        if (modules.Count == 0)
            faults.Add("no tensors; an adapter holds lora_A and lora_B of at least one module");
        foreach (var module in modules)
        {
            foreach (var (half, rankDimension, layout) in new[] { (".lora_A", 0, $"[{options.Rank}, in]"), (".lora_B", 1, $"[out, {options.Rank}]") })
            {
                if (!shapes.TryGetValue(module + half, out var shape))
                    faults.Add($"module {Quoted.Name(module)}: {half[1..]} is missing");
                else if (shape.Count != 2 || shape[rankDimension] != options.Rank)
                    faults.Add($"module {Quoted.Name(module)}: {half[1..]} has shape {Quoted.Shape(shape)}; r = {options.Rank} asks for {layout}");
            }

            var hasMagnitudes = shapes.TryGetValue(module + MagnitudePart, out var lengths);
            if (options.WeightDecomposed && !hasMagnitudes)
                faults.Add($"module {Quoted.Name(module)}: {MagnitudePart[1..]} is missing; use_dora asks for it");
            else if (hasMagnitudes && !options.WeightDecomposed)
                faults.Add($"module {Quoted.Name(module)}: found {MagnitudePart[1..]}; allowed: only with use_dora");
            else if (hasMagnitudes && lengths!.Count != 1)
                faults.Add($"module {Quoted.Name(module)}: {MagnitudePart[1..]} has shape {Quoted.Shape(lengths)}; allowed: [out]");

            if (!IsAllLinear(options) && !options.TargetModules.Any(target => IsOrEndsWith(module, target)))
                faults.Add($"module {Quoted.Name(module)} is not one of target_modules ({string.Join(", ", options.TargetModules)})");
        }

        return [.. modules];
    }

    private static bool IsAllLinear(AdapterOptions options) => options.TargetModules is [AdapterOptions.AllLinear];

    private static bool IsOrEndsWith(string module, string target) =>
        module.EndsWith(target, StringComparison.Ordinal) && (module.Length == target.Length || module[^(target.Length + 1)] == '.');

    private static string? ModuleOf(string name) => MatrixParts.Append(MagnitudePart)
        .Where(part => name.Length > part.Length && name.EndsWith(part, StringComparison.Ordinal))
        .Select(part => name[..^part.Length]).FirstOrDefault();

    private static string Listed(List<string> faults)
    {
        var rest = faults.Count > MaxListedFaults ? $"\nand {faults.Count - MaxListedFaults} more" : "";
        return string.Join('\n', faults.Take(MaxListedFaults).Select(fault => $"{WeightsFile}, {fault}")) + rest;
    }
}
