using System.Text.Json;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Adapters;

/// <summary>What adapter_golden.py printed, and the tensors it began with.</summary>
internal static class AdapterGolden
{
    public static JsonElement Read() =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Adapters", "adapter-golden.json"))).RootElement;

    /// <summary>Tensor number n, element i: size sin(0.7 i + n), float32.</summary>
    public static Tensor Draw(int number, long[] shape, double size = 0.3)
    {
        var count = shape.Aggregate(1L, (product, length) => product * length);
        return tensor(Enumerable.Range(0, (int)count).Select(i => (float)(size * Math.Sin(0.7 * i + number))).ToArray(), shape);
    }

    public static float[] Numbers(this JsonElement golden, string name) => golden.GetProperty(name).Deserialize<float[]>()!;

    /// <summary>Each number within the tolerance of its golden one.</summary>
    public static void AssertNear(float[] golden, Tensor found, double tolerance)
    {
        var values = found.detach().cpu().to(ScalarType.Float32).contiguous().data<float>().ToArray();
        Assert.Equal(golden.Length, values.Length);
        for (var i = 0; i < golden.Length; i++)
            Assert.True(Math.Abs(golden[i] - values[i]) <= tolerance, $"element {i}: found {values[i]}, golden {golden[i]}");
    }
}
