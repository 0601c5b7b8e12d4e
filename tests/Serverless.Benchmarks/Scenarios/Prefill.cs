using Serverless.Learning.Models;
using Serverless.Learning.Sampling;

namespace Serverless.Benchmarks.Scenarios;

/// <summary>A prompt is read up to the first token of its answer.</summary>
internal sealed class Prefill(ModelShape shape, int length) : IScenario
{
    public string Name => $"prefill, {shape.Name}, {length}";

    public string Unit => "tokens";

    public Ceiling? Ceiling => Benchmarks.Ceiling.MatrixProducts;

    public ModelShape? Shape => shape;

    public Reading Measure(string folder, Stopclock clock)
    {
        using var model = LanguageModel.Load(folder);
        var prompt = new RandomTexts(shape.Vocabulary, seed: 4).Ids(length);
        var generator = new TextGenerator(model);
        return clock.Read(length, shape.PrefillFlops(length), () => generator.Generate([prompt], SamplingOptions.Greedy(1), CancellationToken.None));
    }
}
