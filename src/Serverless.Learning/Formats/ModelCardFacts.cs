using Serverless.Learning.Evaluation;

namespace Serverless.Learning.Formats;

/// <summary>Everything a model card says; nothing on a card comes from elsewhere.</summary>
public sealed record ModelCardFacts
{
    /// <summary>The name under which the model is called.</summary>
    public required string Name { get; init; }

    /// <summary>The name of the model that training started from.</summary>
    public required string BaseModel { get; init; }

    /// <summary>The base's licence as the Hugging Face hub writes it (such as <c>apache-2.0</c>), if known.</summary>
    public string? License { get; init; }

    /// <summary>What was done, in words that fit after "made from the base by", such as <c>supervised fine-tuning with LoRA</c>.</summary>
    public required string Method { get; init; }

    /// <summary>Whether the folder is a PEFT adapter rather than a whole model.</summary>
    public bool IsAdapter { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Where the service answers, such as <c>http://127.0.0.1:7071</c>; null leaves the curl line out.</summary>
    public string? Endpoint { get; init; }

    public required IReadOnlyList<ModelCardDataset> Data { get; init; }

    /// <summary>Names and values in the order of the table.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> HyperParameters { get; init; }

    /// <summary>The stages of a recipe, in order; empty for every other method.</summary>
    public IReadOnlyList<ModelCardStage> Stages { get; init; } = [];

    /// <summary>Every step that is known, in order; the card shows a sample of them.</summary>
    public IReadOnlyList<ModelCardPoint> Curve { get; init; } = [];

    public IReadOnlyList<ModelCardScore> Evaluation { get; init; } = [];

    /// <summary>What has to be known of these scores, a sentence each, such as what a grader could not grade.</summary>
    public IReadOnlyList<string> EvaluationNotes { get; init; } = [];

    /// <summary>The first answers to the validation file.</summary>
    public IReadOnlyList<ModelCardSample> Samples { get; init; } = [];

    /// <summary>How far the folder agrees with the model as it was trained, if that was looked at.</summary>
    public MergeAgreement? Merge { get; init; }
}
