using Serverless.Learning.Adapters;
using Serverless.Learning.Training;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>A job's request in Learning's words.</summary>
internal static class RequestedTraining
{
    public static RequestedOptions Of(JobRecord job)
    {
        var asked = job.Method.Hyperparameters;
        return new RequestedOptions
        {
            Method = MethodOf(job.Method.Type),
            Adapter = AdapterOf(job.Adapter),
            Epochs = asked.Epochs,
            BatchSize = asked.BatchSize,
            LearningRate = asked.LearningRate,
            LearningRateMultiplier = asked.LearningRateMultiplier,
            WeightDecay = asked.WeightDecay,
            MaxSequenceLength = asked.MaxSequenceLength,
            GradientCheckpointing = asked.GradientCheckpointing,
            Beta = asked.Beta,
        };
    }

    private static TrainingMethod MethodOf(MethodType type) => type switch
    {
        MethodType.Dpo => TrainingMethod.Preference,
        MethodType.Pretraining => TrainingMethod.Pretraining,
        MethodType.Reinforcement => TrainingMethod.Reinforcement,
        _ => TrainingMethod.Supervised,
    };

    /// <summary>Whoever names a rank, or any other property of low-rank updates, wants those; whoever names nothing leaves the choice.</summary>
    private static AdapterOptions? AdapterOf(AdapterRequest asked)
    {
        if (asked == new AdapterRequest())
            return null;
        var unset = new AdapterOptions();
        var rank = asked.Rank ?? unset.Rank;
        return unset with
        {
            Kind = asked.Type ?? AdapterKind.Lora,
            Rank = rank,
            Alpha = asked.Alpha ?? 2.0 * rank,
            Dropout = asked.Dropout ?? unset.Dropout,
            WeightDecomposed = asked.WeightDecomposed ?? unset.WeightDecomposed,
            RankStabilized = asked.RankStabilized ?? unset.RankStabilized,
            TargetModules = asked.TargetModules is { } modules ? modules : unset.TargetModules,
        };
    }
}
