using System.Text.Json;
using Serverless.Learning.Formats;
using Serverless.Learning.Tests.Formats;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Models;

/// <summary>The values of families_golden.py: plain PyTorch in float64, weights given by a formula.</summary>
internal static class FamilyGolden
{
    private static readonly JsonElement Root = Read();

    public static IEnumerable<string> Names => Root.GetProperty("families").EnumerateObject().Select(family => family.Name);

    public static JsonElement Of(string family) => Root.GetProperty("families").GetProperty(family);

    public static JsonElement LoraRun(string family) => Root.GetProperty("lora").GetProperty(family);

    /// <summary>Writes config.json and model.safetensors of the family into a new folder inside <paramref name="parent"/>.</summary>
    public static string Write(TemporaryFolder parent, string family, ScalarType dtype = ScalarType.Float32)
    {
        var golden = Of(family);
        var folder = parent[family];
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), golden.GetProperty("config").GetRawText());
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(
            Path.Combine(folder, "model.safetensors"),
            Shapes(family).Select((shape, number) => KeyValuePair.Create(shape.Key, Weight(family, number, shape.Key, shape.Value).to(dtype))),
            new Dictionary<string, string> { ["format"] = "pt" });
        return folder;
    }

    public static Dictionary<string, long[]> Shapes(string family) =>
        Of(family).GetProperty("shapes").EnumerateObject().ToDictionary(shape => shape.Name, shape => shape.Value.Deserialize<long[]>()!);

    public static int[] Sequence(int number, int length) =>
        Enumerable.Range(0, length).Select(index => (int)((Noise(1000 + number, index) + 1) / 2 * 48)).ToArray();

    public static Tensor Draw(int number, long[] shape, double scale, double around = 0)
    {
        var size = (int)shape.Aggregate(1L, (product, length) => product * length);
        return tensor(Enumerable.Range(0, size).Select(index => (float)(around + scale * Noise(number, index))).ToArray(), shape);
    }

    private static Tensor Weight(string family, int number, string name, long[] shape)
    {
        var isNorm = name.EndsWith("norm.weight", StringComparison.Ordinal);
        var isGemma = family.StartsWith("gemma", StringComparison.Ordinal);
        return Draw(number, shape, isNorm || name.EndsWith("bias", StringComparison.Ordinal) ? 0.3 : 0.25, isNorm && !isGemma ? 1 : 0);
    }

    /// <summary>The generator's hash, in [-1, 1).</summary>
    private static double Noise(int number, int index)
    {
        var h = unchecked((uint)index * 0x9E3779B1 + (uint)number * 0x85EBCA77 + 0x165667B1);
        h ^= h >> 15;
        h = unchecked(h * 0x2C1B3C6D);
        h ^= h >> 12;
        h = unchecked(h * 0x297A2D39);
        h ^= h >> 15;
        return h / 2147483648.0 - 1;
    }

    private static JsonElement Read()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Models", "families-golden.json")));
        return document.RootElement.Clone();
    }
}
