using Serverless.Learning.Models;

namespace Serverless.Benchmarks.Scenarios;

/// <summary>A folder becomes a model in memory; its files are in the system's cache.</summary>
internal sealed class Loading(ModelShape shape) : IScenario
{
    public string Name => $"loading, {shape.Name}";

    public string Unit => "bytes of the file";

    public Ceiling? Ceiling => null;

    public ModelShape? Shape => shape;

    public Reading Measure(string folder, Stopclock clock) =>
        clock.Read(new FileInfo(Path.Combine(folder, "model.safetensors")).Length, 0, () => LanguageModel.Load(folder).Dispose());
}
