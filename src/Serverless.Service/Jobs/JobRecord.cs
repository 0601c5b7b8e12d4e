using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Serverless.Learning.Native;
using Serverless.Learning.Training;
using Serverless.Service.Files;
using Serverless.Service.Models;

namespace Serverless.Service.Jobs;

/// <summary>What the catalog knows about a fine-tuning job: the request, what was resolved from it, and how far it is.</summary>
public sealed record JobRecord
{
    public required JobId Id { get; init; }

    /// <summary>The model as requested.</summary>
    public required ModelId Model { get; init; }

    /// <summary>The name of the base at the root of <see cref="Model"/>.</summary>
    public required ModelId BaseModel { get; init; }

    public required FileId TrainingFile { get; init; }

    public FileId? ValidationFile { get; init; }

    /// <summary>What the owner wants in the published name, at most 64 characters.</summary>
    public string? Suffix { get; init; }

    public required long Seed { get; init; }

    public required JobMethod Method { get; init; }

    public AdapterRequest Adapter { get; init; } = new();

    /// <summary>The stages of a recipe, in their order; empty with every other method.</summary>
    public ImmutableArray<RecipeStage> Stages { get; init; } = [];

    /// <summary>Which of <see cref="Stages"/> is under way, from 0; in the end the last one.</summary>
    public int Stage { get; init; }

    /// <summary>Graders that score both models' answers to the validation file, as they were sent.</summary>
    public ImmutableArray<JsonElement> Graders { get; init; } = [];

    /// <summary>What scores the answers: the grader that rewards, if the method has one, then <see cref="Graders"/>; each with the field it came in.</summary>
    [JsonIgnore]
    public IEnumerable<(JsonElement Grader, string Path)> AnswerGraders =>
    [
        .. Method.Grader is { } reward ? new[] { (reward, $"{this.MethodPath()}.{(Method.Type == MethodType.Distillation ? "distillation" : "reinforcement")}.grader") } : [],
        .. Graders.Select((grader, at) => (grader, $"evaluation.graders[{at}]")),
    ];

    /// <summary>What keeps a model that is not better from being published, if anything does.</summary>
    public PublishCondition? PublishIf { get; init; }

    /// <summary>What the model is written in; null leaves that to the service, which takes bfloat16.</summary>
    public MergeDtype? MergeDtype { get; init; }

    /// <summary>The hyper-parameters with nothing <c>auto</c> any more; null until Prepare has resolved them.</summary>
    public TrainingOptions? Options { get; init; }

    /// <summary>What Prepare measured of the processor and settings that the bits depend on.</summary>
    public NativeFingerprint? Fingerprint { get; init; }

    /// <summary>What a second of work on it costs; null until Prepare has found what memory it needs.</summary>
    public JobPrice? Price { get; init; }

    /// <summary>What it may cost before it pauses itself, in the currency of <see cref="Price"/>; null: whatever it costs.</summary>
    public double? Budget { get; init; }

    /// <summary>Seconds of work on it so far, as <see cref="JobHead.Seconds"/> counts them.</summary>
    public double Seconds { get; init; }

    /// <summary>Whether it has cost as much as it may.</summary>
    /// <param name="seconds">The seconds of work, if more than the record says are known.</param>
    public bool IsAtBudget(double seconds = 0) => Budget is { } budget && Price is { } price && price.Of(Math.Max(Seconds, seconds)) >= budget;

    public JobStatus Status { get; init; }

    public JobWish Wish { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When training first began.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When the job succeeded or failed; a cancelled job has none.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    public DateTimeOffset? EstimatedFinish { get; init; }

    public ModelId? FineTunedModel { get; init; }

    public JobError? Error { get; init; }

    /// <summary>Tokens trained on so far, every epoch counted, as <see cref="JobHead.TrainedTokens"/> says.</summary>
    public long? TrainedTokens { get; init; }

    public ImmutableArray<FileId> ResultFiles { get; init; } = [];

    /// <summary>The owner's own pairs.</summary>
    public ImmutableDictionary<string, string> Metadata { get; init; } = ImmutableDictionary<string, string>.Empty;
}
