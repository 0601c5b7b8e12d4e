using System.Globalization;

namespace Serverless.Benchmarks.Peers;

/// <summary>The LoRA step of the 135M shape in plain PyTorch, by a Python that has it.</summary>
internal static class PyTorch
{
    private const int Texts = 4;
    private const int Length = 512;

    /// <summary>The scenario whose work this is.</summary>
    public static string Beside { get; } = $"LoRA, {ModelShape.Llama135M.Name}, {Texts} x {Length}";

    /// <returns>Tokens a second of the median step.</returns>
    /// <exception cref="InvalidOperationException">The script ended without a figure; the message holds what it said.</exception>
    public static async Task<double> MeasureAsync(string python, BenchmarkOptions options, CancellationToken ct)
    {
        var shape = ModelShape.Llama135M;
        double[] numbers =
            [shape.Width, shape.Inner, shape.Layers, shape.Heads, shape.KeyValueHeads, shape.Vocabulary, Texts, Length, options.Threads, options.Seconds];
        var (output, said) = await ChildProcess.RunAsync(python,
            [Path.Combine(AppContext.BaseDirectory, "Peers", "lora_step.py"), .. numbers.Select(number => number.ToString(CultureInfo.InvariantCulture))], ct);
        return double.TryParse(output.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            ? Texts * Length / seconds
            : throw new InvalidOperationException($"{python}: ended without a figure\n{said}");
    }
}
