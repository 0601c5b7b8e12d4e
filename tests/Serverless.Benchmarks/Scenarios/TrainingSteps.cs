using Serverless.Learning.Adapters;
using Serverless.Learning.Models;
using Serverless.Learning.Training;

namespace Serverless.Benchmarks.Scenarios;

/// <summary>Optimiser steps of supervised training on texts of one length, of which the second half are targets.</summary>
internal sealed class TrainingSteps(string what, ModelShape shape, AdapterKind kind, int texts, int length, bool recomputes = false) : IScenario
{
    private const double Targets = 0.5;
    private const int Steps = 64;

    public string Name => $"{what}, {shape.Name}, {texts} x {length}{(recomputes ? ", gradient checkpointing" : "")}";

    public string Unit => "tokens";

    public Ceiling? Ceiling => Benchmarks.Ceiling.MatrixProducts;

    public ModelShape? Shape => shape;

    public Reading Measure(string folder, Stopclock clock)
    {
        var drawn = new RandomTexts(shape.Vocabulary, seed: 1);
        var examples = Enumerable.Range(0, texts * Steps).Select(_ => drawn.Text(length, Targets)).ToList();
        var model = LanguageModel.Load(folder, storage: kind == AdapterKind.Qlora ? MatrixStorage.Nf4 : MatrixStorage.Float32);
        var options = AutoOptions.Resolve(
            new RequestedOptions { Adapter = new AdapterOptions { Kind = kind }, BatchSize = texts, Epochs = 50, GradientCheckpointing = recomputes }, model.Decoder.Config, examples.Count, seed: 1);
        using var trainer = new Trainer(model, new SupervisedTask(examples, []), options);
        return clock.Read(texts * length, shape.TrainingFlops(options.Adapter, texts, length, Targets), () => trainer.TrainStep());
    }
}
