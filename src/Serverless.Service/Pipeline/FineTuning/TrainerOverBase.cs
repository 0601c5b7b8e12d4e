using Serverless.Learning.Adapters;
using Serverless.Learning.Models;
using Serverless.Learning.Training;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Builds trainers, adapters over a base that others may train over as well, all weights over a model of their own.</summary>
internal static class TrainerOverBase
{
    /// <summary>A trainer, and the base that is to be given back behind it; null where all weights train.</summary>
    /// <exception cref="Learning.InputError">The model cannot be used, or the checkpoint does not fit it.</exception>
    public static (Trainer Trainer, FrozenBase? Frozen) Build(
        FrozenBases bases, string modelFolder, TrainingTask task, TrainingOptions options, string? checkpointFolder)
    {
        var frozen = TakeBase(bases, modelFolder, options.Adapter);
        var model = frozen?.Model ?? LanguageModel.Load(modelFolder, storage: MatrixStorages.ForTraining(options.Adapter.Kind));
        Trainer? trainer = null;
        try
        {
            trainer = new Trainer(model, task, options);
            if (checkpointFolder is not null)
                trainer.Restore(checkpointFolder);
            return (trainer, frozen);
        }
        catch
        {
            if (trainer is null)
                model.Dispose();
            trainer?.Dispose();
            frozen?.Dispose();
            throw;
        }
    }

    /// <summary>The base that an adapter trains over. Null where all weights train, which need the room of those that nobody uses.</summary>
    private static FrozenBase? TakeBase(FrozenBases bases, string modelFolder, AdapterOptions adapter)
    {
        if (adapter.IsLowRank)
            return bases.Take(modelFolder, MatrixStorages.ForTraining(adapter.Kind));
        bases.FreeIdle();
        return null;
    }
}
