using System.Text.Json.Serialization;
using Serverless.Learning.Native;
using Serverless.Learning.Training;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>What Prepare fixed for the whole job, or for one stage of a recipe; <c>jobs/&lt;id&gt;/plan.json</c>.</summary>
public sealed record JobPlan
{
    /// <summary>The hyper-parameters, nothing <c>auto</c> any more.</summary>
    public required TrainingOptions Options { get; init; }

    /// <summary>What the bits of the result depend on besides.</summary>
    public required NativeFingerprint Fingerprint { get; init; }

    /// <summary>Optimiser steps in all; of a recipe, those of this stage.</summary>
    public required int TotalSteps { get; init; }

    /// <summary>After how many epochs without a lower validation loss training ends; null for never.</summary>
    public int? EarlyStoppingPatience { get; init; }

    /// <summary>Which checkpoint is published, as asked for; null: with a patience the best, otherwise the last.</summary>
    public PublishedCheckpoint? Published { get; init; }

    /// <summary>Whether the best checkpoint is published, and kept until then.</summary>
    [JsonIgnore]
    public bool TakesBest => (Published ?? (EarlyStoppingPatience is null ? PublishedCheckpoint.Last : PublishedCheckpoint.Best)) == PublishedCheckpoint.Best;

    /// <summary>The step that training was ended at early; null if it was not.</summary>
    public int? StoppedAt { get; init; }

    /// <summary>The steps of a recipe's stages before; the steps of this one are numbered on from there.</summary>
    public int StepsBefore { get; init; }

    /// <summary>The steps of a recipe's stages after this one, as far as they can be foreseen.</summary>
    public int StepsAfter { get; init; }

    /// <summary>How long the stages after this one are expected to take.</summary>
    public TimeSpan TimeAfter { get; init; }

    /// <summary>The tokens that the stages before were trained on.</summary>
    public long TokensBefore { get; init; }

    /// <summary>The number of the last step, unless training ends early.</summary>
    public int EndStep => StepsBefore + TotalSteps;

    /// <summary>The step after which there is nothing more to train.</summary>
    public int LastStep => StoppedAt ?? EndStep;

    /// <summary>Optimiser steps of one pass over the training file.</summary>
    public int StepsPerEpoch => TotalSteps / Options.Epochs;

    /// <summary>The longest example in tokens; of prompts, what leaves room for an answer.</summary>
    public int LongestExample => Options.MaxSequenceLength - (Options.Policy?.MaxAnswerTokens ?? 0);

    /// <summary>The most tokens of an answer of the teacher; null of every method but distillation.</summary>
    public int? AnswerTokens { get; init; }

    /// <summary>
    /// The content that training starts from, as <see cref="StartingModels.ContentAsync"/> names it: a name may be given to another content
    /// while the job waits. Null of a stage that starts from what the stage before leads to.
    /// </summary>
    public string? StartsFrom { get; init; }

    /// <summary>Examples of the training file, or of what a teacher made of it.</summary>
    public required int Examples { get; init; }

    /// <summary>Their tokens.</summary>
    public required long Tokens { get; init; }

    /// <summary>Tokens of general text that every step reads besides.</summary>
    public int ReplayTokens { get; init; }

    /// <summary>Tokens that will be trained on, every epoch counted, and the general text of every step.</summary>
    public long TotalTokens => Tokens * Options.Epochs + (long)ReplayTokens * TotalSteps;

    /// <summary>Examples of the validation file, 0 without one.</summary>
    public int ValidationExamples { get; init; }

    /// <summary>Tokens of the validation file.</summary>
    public long ValidationTokens { get; init; }

    /// <summary>Weights of the model.</summary>
    public required long Weights { get; init; }

    /// <summary>How much memory training is expected to take, in bytes.</summary>
    public required long EstimatedBytes { get; init; }

    /// <summary>How long training is expected to take, from the first step to the last.</summary>
    public required TimeSpan EstimatedTime { get; init; }
}
