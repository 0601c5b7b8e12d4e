using Serverless.Learning.Formats;

namespace Serverless.Service.Models.Adding;

/// <summary>How a folder in PEFT's layout is told from a whole model's, and which of its files belong to the adapter.</summary>
internal static class AdapterFiles
{
    private const string ModelConfig = "config.json", Safetensors = ".safetensors";

    private static readonly string[] TakenNames = [PeftAdapter.ConfigFile, PeftAdapter.WeightsFile, "LICENSE", "LICENCE", "NOTICE"];

    /// <summary>
    /// Whether files of these names, all in one folder, are an adapter. Trainers put the base's configuration beside it at times; a whole model
    /// has weights beside that.
    /// </summary>
    public static bool Are(IReadOnlyCollection<string> names) =>
        names.Contains(PeftAdapter.ConfigFile)
        && !(names.Contains(ModelConfig) && names.Any(name => name != PeftAdapter.WeightsFile && name.EndsWith(Safetensors, StringComparison.OrdinalIgnoreCase)));

    /// <summary>Whether the adapter takes the file of this name. Tokenizer and template are its base's.</summary>
    public static bool IsTaken(string name) => TakenNames.Contains(name, StringComparer.Ordinal);
}
