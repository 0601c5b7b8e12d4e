using Serverless.Learning.Adapters;
using Serverless.Learning.Models;

namespace Serverless.Learning.Training;

/// <summary>
/// Resolves <c>auto</c>: which weights train, the learning rate by kind and width, epochs and batch from the number of examples.
/// </summary>
public static class AutoOptions
{
    /// <summary>Models up to this many weights train in full by default: their adapters would be too small to learn a task.</summary>
    private const long FullUpToWeights = 50_000_000;

    /// <summary>What DPO's authors use where they do not say otherwise (arXiv 2305.18290, appendix B).</summary>
    private const double DefaultBeta = 0.1;

    /// <param name="requested">What the caller set; null fields are resolved.</param>
    /// <param name="examples">Examples in the training file: conversations, pairs, prompts, or rows of text.</param>
    /// <exception cref="InputError">A value that was set is out of its range, or a target module is none of this model's.</exception>
    public static TrainingOptions Resolve(RequestedOptions requested, DecoderConfig config, int examples, long seed)
    {
        var adapter = requested.Adapter ?? new AdapterOptions
        {
            Kind = config.WeightShapes().Values.Sum(shape => shape.Aggregate(1L, (product, size) => product * size)) <= FullUpToWeights
                ? AdapterKind.Full : AdapterKind.Lora,
        };
        var batch = requested.BatchSize ?? Math.Clamp((int)Math.Pow(2, Math.Floor(Math.Log2(Math.Max(1, examples / 100.0)))), 4, 32);
        var epochs = requested.Epochs ?? EpochsFor(requested.Method, examples);
        var options = new TrainingOptions
        {
            Adapter = adapter,
            BatchSize = batch,
            Epochs = epochs,
            LearningRate = requested.LearningRate ?? RateFor(adapter, config) * ShareOf(requested.Method, adapter) * (requested.LearningRateMultiplier ?? 1),
            WeightDecay = requested.WeightDecay ?? DecayFor(requested.Method, adapter, epochs),
            MaxSequenceLength = Math.Min(requested.MaxSequenceLength ?? config.MaxLength, config.MaxLength),
            GradientCheckpointing = requested.GradientCheckpointing,
            Beta = requested.Method == TrainingMethod.Preference ? requested.Beta ?? DefaultBeta : null,
            Policy = requested.Policy,
            Seed = seed,
            Precision = ComputePrecisions.OfThisProcessor,
        };
        options.Validate();
        if (adapter.IsLowRank) adapter.TargetsAmong(config.LinearPaths());
        return options;
    }

    /// <summary>
    /// Small sets are seen more often: about 5,000 examples in all, between 3 and 10 passes. Preferences and text, which are learned by
    /// heart sooner than answers, less often.
    /// </summary>
    private static int EpochsFor(TrainingMethod method, int examples) => method == TrainingMethod.Supervised
        ? Math.Clamp((int)Math.Round(5_000.0 / Math.Max(1, examples)), 3, 10)
        : Math.Clamp((int)Math.Round(2_000.0 / Math.Max(1, examples)), 1, 3);

    /// <summary>
    /// The part of supervised training's rate. A difference of two log-probabilities needs small steps: trained in full at a tenth of the rate the
    /// sample model told all of 500 held-out pairs apart and wrote a reply of the preferred kind to 39 % of 200 tickets, 65.5 % before; at a fortieth it
    /// told as many apart and wrote one to 99 %. With adapters it was not measured.
    /// General knowledge is to be kept while text is read.
    /// </summary>
    private static double ShareOf(TrainingMethod method, AdapterOptions adapter) => method switch
    {
        TrainingMethod.Preference => adapter.Kind == AdapterKind.Full ? 0.025 : 0.05,
        TrainingMethod.Pretraining => 0.5,
        TrainingMethod.Reinforcement => 0.05,
        _ => 1,
    };

    /// <summary>
    /// The decay of a step is rate times this, so it only tells where many steps are taken at a high rate: small models, trained in full,
    /// that see their examples again. On 15,000 utterances of 150 intents 0.5 was better than 0.01 by a point after three and six passes, 1 and
    /// more was worse; after a single pass over 2,400 tickets it gained nothing. Continued pre-training keeps the decay that pre-training has.
    /// </summary>
    private static double DecayFor(TrainingMethod method, AdapterOptions adapter, int epochs) => (method, adapter.Kind) switch
    {
        (TrainingMethod.Supervised, AdapterKind.Full) when epochs > 1 => 0.5,
        (TrainingMethod.Pretraining, AdapterKind.Full) => 0.1,
        _ => TrainingOptions.SmallDecay,
    };

    /// <summary>
    /// Rates that were measured at width 256, where one task went from 57 % to 76 % from 4e-4 to 1e-3 in full. Wider models take smaller ones, in proportion: what a step
    /// of Adam changes in an output grows with the inputs that are added up in it (Yang et al., arXiv 2203.03466, table 3). For low-rank updates that comes to the
    /// 1e-4 to 2e-4 which are usual at a width of 4096, below which they do not go; narrower models than 256 take no larger ones.
    /// </summary>
    private static double RateFor(AdapterOptions adapter, DecoderConfig config) => adapter.Kind == AdapterKind.Full
        ? 1e-3 * Math.Min(1, 256.0 / config.Width)
        : Math.Clamp(2e-3 * 256.0 / config.Width, 1e-4, 2e-3);
}
