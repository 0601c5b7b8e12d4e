using Serverless.Learning.Adapters;
using Serverless.Learning.Data;
using Serverless.Learning.Models;
using Serverless.Learning.Training;

namespace Serverless.Benchmarks.Scenarios;

/// <summary>Optimiser steps of DPO: pairs of a prompt and two answers of the same length, the reference's scores known.</summary>
internal sealed class PreferenceSteps(ModelShape shape, int pairs, int length) : IScenario
{
    private const int Steps = 32;

    public string Name => $"DPO, {shape.Name}, {pairs} pairs of 2 x {length}";

    public string Unit => "tokens";

    /// <summary>The prompt of a pair is computed once, so the work is not that of two texts.</summary>
    public Ceiling? Ceiling => null;

    public ModelShape? Shape => shape;

    public Reading Measure(string folder, Stopclock clock)
    {
        var drawn = new RandomTexts(shape.Vocabulary, seed: 2);
        var data = Enumerable.Range(0, pairs * Steps).Select(_ =>
        {
            var prompt = drawn.Ids(length / 2);
            return new PreferencePair(drawn.After(prompt, length), drawn.After(prompt, length));
        }).ToList();
        var reference = data.Select(_ => new PairScore(-length, -length)).ToList();
        var model = LanguageModel.Load(folder);
        var options = AutoOptions.Resolve(
            new RequestedOptions { Method = TrainingMethod.Preference, Adapter = new AdapterOptions(), BatchSize = pairs, Epochs = 50 },
            model.Decoder.Config, data.Count, seed: 1);
        using var trainer = new Trainer(model, new PreferenceTask(data, [], reference), options);
        return clock.Read(pairs * 2 * length, 0, () => trainer.TrainStep());
    }
}
