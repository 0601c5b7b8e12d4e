using Serverless.Learning.Models;
using Serverless.Learning.Sampling;

namespace Serverless.Benchmarks.Scenarios;

/// <summary>A prompt is read up to the first token of its answer.</summary>
/// <param name="storage">How the weights stand in memory.</param>
internal sealed class Prefill(ModelShape shape, int length, MatrixStorage storage) : IScenario
{
    public string Name => $"prefill, {shape.Name}, {length}, {(storage == MatrixStorage.AsStored ? "bfloat16" : "float32")}";

    public string Unit => "tokens";

    public Ceiling? Ceiling => Benchmarks.Ceiling.MatrixProducts;

    public ModelShape? Shape => shape;

    public Reading Measure(string folder, Stopclock clock)
    {
        using var model = LanguageModel.Load(folder, storage: storage);
        var prompt = new RandomTexts(shape.Vocabulary, seed: 4).Ids(length);
        var generator = new TextGenerator(model);
        return clock.Read(length, shape.PrefillFlops(length), () => generator.Generate([prompt], SamplingOptions.Greedy(1), CancellationToken.None));
    }
}
