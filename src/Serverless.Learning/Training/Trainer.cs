using Serverless.Learning.Adapters;
using Serverless.Learning.Data;
using Serverless.Learning.Evaluation;
using Serverless.Learning.Formats;
using Serverless.Learning.Models;
using TorchSharp;

namespace Serverless.Learning.Training;

/// <summary>
/// One supervised fine-tuning run over a loaded model: wraps the adapter or takes all weights, trains step by step, saves and restores
/// checkpoints, exports the result. It changes the model it is given (weights become views of its own memory) and disposes it.
/// </summary>
public sealed class Trainer : IDisposable
{
    private readonly LoraAdapter? adapter;
    private readonly FlatParameters parameters;
    private readonly AdamW optimiser;
    private readonly TrainingLoop loop;
    private readonly ExampleBatches batches;

    /// <param name="model">The base; ownership passes to the trainer.</param>
    /// <exception cref="InputError">An option is out of range, or an example is longer than the context.</exception>
    public Trainer(LanguageModel model, IReadOnlyList<TrainingSequence> train, TrainingOptions options)
    {
        options.Validate();
        Model = model;
        Options = options;
        if (options.Adapter.Kind == AdapterKind.Qlora) model.Decoder.QuantizeLinears();
        adapter = options.Adapter.IsLowRank ? LoraAdapter.Wrap(model.Decoder, options.Adapter, options.Seed) : null;
        model.Decoder.ComputeType = options.Precision.ScalarType();
        parameters = new FlatParameters(adapter?.Weights ?? model.Decoder.Weights);
        optimiser = new AdamW(parameters, options.WeightDecay, beta2: 0.99);
        batches = new ExampleBatches(train, options);
        var warmup = (int)Math.Ceiling(options.WarmupFraction * batches.TotalSteps);
        var schedule = new LearningRateSchedule(options.LearningRate, warmup, batches.TotalSteps);
        loop = new TrainingLoop(model.Decoder, parameters, optimiser, schedule, batches,
            new LoopSettings(options.MaxGradientNorm, options.Seed, adapter is not null && options.Adapter.Dropout > 0));
    }

    /// <summary>The model as trained so far; with an adapter, the base with the adapter wrapped around it.</summary>
    public LanguageModel Model { get; }

    public TrainingOptions Options { get; }

    /// <summary>Steps done.</summary>
    public int Step => loop.Step;

    public int TotalSteps => loop.TotalSteps;

    /// <summary>Tokens read so far, prompts included and padding left out.</summary>
    public long TrainedTokens => loop.TrainedTokens;

    /// <summary>Passes over the data done so far, as a fraction.</summary>
    public double Epoch => loop.Step / batches.StepsPerEpoch;

    /// <inheritdoc cref="TrainingLoop.TrainStep"/>
    public StepMetrics TrainStep() => loop.TrainStep();

    /// <summary>Writes weights, optimiser state and step into a folder; see <see cref="CheckpointFiles"/>.</summary>
    public void Save(string folder) => CheckpointFiles.Save(folder, parameters, optimiser, loop);

    /// <summary>Continues where a checkpoint left off: the following steps give the same bits as if there had been no interruption.</summary>
    public void Restore(string folder) => CheckpointFiles.Restore(folder, parameters, optimiser, loop);

    /// <summary>What the model as trained so far answers to the texts of its first step; to be compared with what is written. The caller's.</summary>
    public LogitSample SampleLogits() => LogitSample.Take(Model, batches.BatchOf(0).SelectMany(micro => micro.Texts()));

    /// <summary>Writes the adapter in PEFT's layout.</summary>
    /// <exception cref="InvalidOperationException">The run trains all weights and has no adapter.</exception>
    public void ExportAdapter(string folder, string baseModel)
    {
        if (adapter is null) throw new InvalidOperationException("this run trains all weights and has no adapter to export");
        PeftAdapter.Save(folder, adapter.Options, baseModel, adapter.Tensors());
    }

    /// <summary>
    /// Writes a merged Hugging Face folder: the adapter added in float32, onto the weights of the model's folder where those in memory
    /// are quantised, and rounded once to <paramref name="dtype"/>. One weight at a time is made.
    /// </summary>
    public void ExportMerged(string folder, torch.ScalarType dtype = torch.ScalarType.BFloat16)
    {
        using var originals = WeightFiles.Open(Model.Folder);
        ModelFolder.WriteMerged(Model.Folder, folder, Model.Decoder.Weights.Select(weight => new PendingTensor(
            weight.Name, weight.Shape, torch.ScalarType.Float32, () => Merged(weight, originals))).ToList(), dtype);
    }

    private torch.Tensor Merged(Weight weight, WeightFiles originals)
    {
        var original = weight.Quantized is null ? weight.Value.detach() : originals.Read(weight.Name);
        return adapter?.Fuse(weight.Name, original) ?? original;
    }

    public void Dispose()
    {
        optimiser.Dispose();
        adapter?.Dispose();
        Model.Dispose();
        parameters.Dispose();
    }
}
