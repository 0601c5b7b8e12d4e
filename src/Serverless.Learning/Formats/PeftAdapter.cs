using Serverless.Learning.Adapters;
using static TorchSharp.torch;

namespace Serverless.Learning.Formats;

/// <summary>
/// A LoRA adapter in PEFT's layout: <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>. Here a tensor is named by its module's
/// path and <c>.lora_A</c> [R, in] or <c>.lora_B</c> [out, R]; in the file PEFT puts <c>base_model.model.</c> before and <c>.weight</c> after.
/// </summary>
public static class PeftAdapter
{
    private const string WeightsFile = "adapter_model.safetensors";
    private const string Prefix = "base_model.model.";
    private const string Suffix = ".weight";
    private const int MaxListedFaults = 11;

    /// <summary>Writes both files, each whole or not at all, the configuration last.</summary>
    /// <param name="folder">Created if missing.</param>
    /// <param name="options">Of kind <see cref="AdapterKind.Lora"/>.</param>
    /// <param name="baseModel">What PEFT shall load the adapter onto: a hub name or a path.</param>
    /// <param name="tensors">A and B of every adapted module; they stay the caller's and keep their dtype.</param>
    public static void Save(string folder, AdapterOptions options, string baseModel, IReadOnlyDictionary<string, Tensor> tensors)
    {
        if (options.Kind != AdapterKind.Lora)
            throw new ArgumentException($"An adapter of kind {options.Kind} has no PEFT layout", nameof(options));
        var shapes = tensors.ToDictionary(entry => entry.Key, entry => (IReadOnlyList<long>)entry.Value.shape);
        var modules = Check(shapes, options, out var faults);
        if (faults.Count > 0)
            throw new ArgumentException(string.Join('\n', faults), nameof(tensors));

        Directory.CreateDirectory(folder);
        SafetensorsWriter.Write(
            Path.Combine(folder, WeightsFile),
            tensors.Select(entry => KeyValuePair.Create(Prefix + entry.Key + Suffix, entry.Value)),
            new Dictionary<string, string> { ["format"] = "pt" });

        // As PEFT does, "all-linear" is written as the names it stood for.
        var targets = IsAllLinear(options)
            ? modules.Select(module => module[(module.LastIndexOf('.') + 1)..]).Distinct(StringComparer.Ordinal)
            : options.TargetModules;
        AtomicFile.Write(
            Path.Combine(folder, PeftConfig.FileName),
            PeftConfig.Write(options, baseModel, targets.Order(StringComparer.Ordinal)));
    }

    /// <returns>
    /// The options, and A and B of every adapted module as new CPU tensors of type Float32 (PEFT too trains and applies adapters in it),
    /// owned by the caller.
    /// </returns>
    /// <exception cref="InputError">A file is missing or damaged, an option is not supported, or tensors and options do not fit.</exception>
    public static (AdapterOptions Options, Dictionary<string, Tensor> Tensors) Load(string folder)
    {
        var configPath = Path.Combine(folder, PeftConfig.FileName);
        if (!File.Exists(configPath))
            throw new InputError($"{PeftConfig.FileName}: no such file in {folder}");
        var options = PeftConfig.Parse(File.ReadAllBytes(configPath));

        using var file = SafetensorsFile.Open(Path.Combine(folder, WeightsFile));
        var names = InnerNames(file, out var faults);
        if (faults.Count == 0)
            _ = Check(names.ToDictionary(entry => entry.Key, entry => entry.Value.Shape), options, out faults);
        if (faults.Count > 0)
            throw new InputError(Listed(faults));

        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var (name, stored) in names)
        {
            using var raw = file.Read(stored.Name);
            tensors.Add(name, raw.to(ScalarType.Float32, CPU, copy: true));
        }

        return (options, tensors);
    }

    /// <summary>The file's tensors under the names used here.</summary>
    private static Dictionary<string, SafetensorsTensor> InnerNames(SafetensorsFile file, out List<string> faults)
    {
        faults = [];
        var names = new Dictionary<string, SafetensorsTensor>(StringComparer.Ordinal);
        foreach (var tensor in file.Tensors.Values.OrderBy(tensor => tensor.Name, StringComparer.Ordinal))
        {
            var isFramed = tensor.Name.StartsWith(Prefix, StringComparison.Ordinal) && tensor.Name.EndsWith(Suffix, StringComparison.Ordinal)
                && tensor.Name.Length > Prefix.Length + Suffix.Length;
            var inner = isFramed ? tensor.Name[Prefix.Length..^Suffix.Length] : "";
            if (ModuleOf(inner) is null)
                faults.Add($"tensor {Quoted.Name(tensor.Name)}: allowed: {Prefix}<module>.lora_A{Suffix} and {Prefix}<module>.lora_B{Suffix}");
            else if (!SafetensorsDtype.IsFloat(tensor.Dtype))
                faults.Add($"tensor {Quoted.Name(tensor.Name)}: found dtype {SafetensorsDtype.NameOf(tensor.Dtype)}; allowed: F64, F32, F16, BF16");
            else
                names.Add(inner, tensor);
        }

        return names;
    }

    /// <summary>The adapted modules, after checking that A and B come in pairs, have the rank of the options, and lie in target modules.</summary>
    private static List<string> Check(IReadOnlyDictionary<string, IReadOnlyList<long>> shapes, AdapterOptions options, out List<string> faults)
    {
        faults = [];
        var modules = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var name in shapes.Keys)
        {
            if (ModuleOf(name) is { } module)
                modules.Add(module);
            else
                faults.Add($"tensor {Quoted.Name(name)}: allowed: <module>.lora_A and <module>.lora_B");
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

            if (!IsAllLinear(options) && !options.TargetModules.Any(target => IsOrEndsWith(module, target)))
                faults.Add($"module {Quoted.Name(module)} is not one of target_modules ({string.Join(", ", options.TargetModules)})");
        }

        return [.. modules];
    }

    private static bool IsAllLinear(AdapterOptions options) => options.TargetModules is [AdapterOptions.AllLinear];

    private static bool IsOrEndsWith(string module, string target) =>
        module.EndsWith(target, StringComparison.Ordinal) && (module.Length == target.Length || module[^(target.Length + 1)] == '.');

    private static string? ModuleOf(string name) =>
        name.Length > 7 && (name.EndsWith(".lora_A", StringComparison.Ordinal) || name.EndsWith(".lora_B", StringComparison.Ordinal)) ? name[..^7] : null;

    private static string Listed(List<string> faults)
    {
        var rest = faults.Count > MaxListedFaults ? $"\nand {faults.Count - MaxListedFaults} more" : "";
        return string.Join('\n', faults.Take(MaxListedFaults).Select(fault => $"{WeightsFile}, {fault}")) + rest;
    }
}
