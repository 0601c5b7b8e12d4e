using Serverless.Learning.Adapters;
using Serverless.Learning.Models;
using Serverless.Learning.Training;

namespace Serverless.Benchmarks.Scenarios;

/// <summary>Weights and optimiser state of a LoRA run go to files and come back.</summary>
internal sealed class Checkpoints(ModelShape shape) : IScenario
{
    public string Name => $"checkpoint saved and restored, LoRA, {shape.Name}";

    public string Unit => "checkpoints";

    public Ceiling? Ceiling => null;

    public ModelShape? Shape => shape;

    public Reading Measure(string folder, Stopclock clock)
    {
        var model = LanguageModel.Load(folder);
        var examples = new[] { new RandomTexts(shape.Vocabulary, seed: 7).Text(length: 64, targets: 0.5) };
        var options = AutoOptions.Resolve(
            new RequestedOptions { Adapter = new AdapterOptions(), BatchSize = 1, Epochs = 50 }, model.Decoder.Config, examples.Length, seed: 1);
        using var trainer = new Trainer(model, new SupervisedTask(examples, []), options);
        trainer.TrainStep();
        var checkpoint = Directory.CreateTempSubdirectory("benchmark-");
        try
        {
            return clock.Read(1, 0, () =>
            {
                trainer.Save(checkpoint.FullName);
                trainer.Restore(checkpoint.FullName);
            });
        }
        finally
        {
            checkpoint.Delete(recursive: true);
        }
    }
}
