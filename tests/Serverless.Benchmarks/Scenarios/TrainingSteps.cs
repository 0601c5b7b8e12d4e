using Serverless.Learning.Adapters;
using Serverless.Learning.Models;
using Serverless.Learning.Training;

namespace Serverless.Benchmarks.Scenarios;

/// <summary>Optimiser steps of supervised training on texts of one length, of which the end are targets.</summary>
/// <param name="recomputes">Whether layers are computed again on the way back.</param>
/// <param name="targets">The share of tokens that are targets.</param>
/// <param name="fewest">How many steps are taken at least, after one that warms up.</param>
internal sealed class TrainingSteps(
    string what, ModelShape shape, AdapterKind kind, int texts, int length, bool recomputes = false, double targets = 0.5, int fewest = 2) : IScenario
{
    /// <summary>The figure that says which share of a step norm, clipping and update take.</summary>
    public const string Optimiser = "optimiser";

    private const int Steps = 64;

    public string Name => $"{what}, {shape.Name}, {texts} x {length}{(targets == 0.5 ? "" : $", {100 * targets:0} % targets")}{(recomputes ? ", gradient checkpointing" : "")}";

    public string Unit => "tokens";

    public Ceiling? Ceiling => Benchmarks.Ceiling.MatrixProducts;

    public ModelShape? Shape => shape;

    public Reading Measure(string folder, Stopclock clock)
    {
        var drawn = new RandomTexts(shape.Vocabulary, seed: 1);
        var examples = Enumerable.Range(0, texts * Steps).Select(_ => drawn.Text(length, targets)).ToList();
        var model = LanguageModel.Load(folder, storage: MatrixStorages.ForTraining(kind));
        var options = AutoOptions.Resolve(
            new RequestedOptions { Adapter = new AdapterOptions { Kind = kind }, BatchSize = texts, Epochs = 50, GradientCheckpointing = recomputes }, model.Decoder.Config, examples.Count, seed: 1);
        using var trainer = new Trainer(model, new SupervisedTask(examples, []), options);
        var optimiser = new List<double>();
        var reading = clock.Read(texts * length, shape.TrainingFlops(options.Adapter, texts, length, targets), () =>
        {
            var step = trainer.TrainStep();
            optimiser.Add(step.Updating / step.Elapsed);
        }, fewest);
        return reading with { Figures = new Dictionary<string, double> { [Optimiser] = Median.Of(optimiser) } };
    }

    /// <summary>What a step needs of what it needs with all tokens as targets, in FLOP.</summary>
    public double NeededShare() => shape.TrainingFlops(new AdapterOptions { Kind = kind }, texts, length, targets)
                                   / shape.TrainingFlops(new AdapterOptions { Kind = kind }, texts, length, targets: 1);
}
