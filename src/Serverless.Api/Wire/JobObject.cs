using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Serverless.Service.Jobs;

namespace Serverless.Api.Wire;

/// <summary>A fine-tuning job. Times are seconds since 1970.</summary>
internal sealed record JobObject
{
    public string Object { get; } = "fine_tuning.job";

    public required string Id { get; init; }

    public required long CreatedAt { get; init; }

    public long? FinishedAt { get; init; }

    public long? EstimatedFinish { get; init; }

    /// <summary>The model that is trained, as the request named it.</summary>
    public required string Model { get; init; }

    public string? FineTunedModel { get; init; }

    public required string OrganizationId { get; init; }

    public required IReadOnlyList<string> ResultFiles { get; init; }

    public required JobStatus Status { get; init; }

    public required string TrainingFile { get; init; }

    public string? ValidationFile { get; init; }

    /// <summary>OpenAI's deprecated copy of the method's hyper-parameters: numbers, or <c>auto</c> until they are resolved.</summary>
    public required JsonObject Hyperparameters { get; init; }

    public required JsonObject Method { get; init; }

    public long? TrainedTokens { get; init; }

    /// <summary>Empty when there is none, else code, message and param.</summary>
    public required IReadOnlyDictionary<string, string?> Error { get; init; }

    public required long Seed { get; init; }

    public IReadOnlyList<string> Integrations { get; } = [];

    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    public string? UserProvidedSuffix { get; init; }

    /// <summary>Ours: <c>{graders: […]}</c> as asked for; left out if there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonObject? Evaluation { get; init; }

    /// <summary>Ours: <c>{metric, minimum_gain}</c>; left out if every model is published.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonObject? PublishIf { get; init; }

    /// <summary>Ours: what the model is written in, bf16 or f32; left out where it was not asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public MergeDtype? MergeDtype { get; init; }

    /// <summary>Ours: what the job has cost so far, counted at its checkpoints; left out until it is prepared.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CostObject? Cost { get; init; }

    /// <summary>Ours: the cost at which the job pauses itself; left out if there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Budget { get; init; }

    public static JobObject Of(JobRecord job, string organization) => new()
    {
        Id = job.Id.Value,
        CreatedAt = job.CreatedAt.ToUnixTimeSeconds(),
        FinishedAt = job.FinishedAt?.ToUnixTimeSeconds(),
        EstimatedFinish = job.EstimatedFinish?.ToUnixTimeSeconds(),
        Model = job.Model.Value,
        FineTunedModel = job.FineTunedModel?.Value,
        OrganizationId = $"org-{organization}",
        // In the end the job's own files are all there are; until then a stage may have some of what its teacher made.
        ResultFiles = [.. job.ResultFiles.Concat(job.Stages.SelectMany(stage => stage.ResultFiles)).Distinct().Select(file => file.Value)],
        Status = job.Status,
        TrainingFile = job.TrainingFile.Value,
        ValidationFile = job.ValidationFile?.Value,
        Hyperparameters = MethodObject.HyperparametersOf(job),
        Method = MethodObject.Of(job),
        TrainedTokens = job.TrainedTokens,
        Error = job.Error is { } error
            ? new Dictionary<string, string?> { ["code"] = error.Code, ["message"] = error.Message, ["param"] = error.Param }
            : new Dictionary<string, string?>(),
        Seed = job.Seed,
        Metadata = job.Metadata,
        UserProvidedSuffix = job.Suffix,
        Evaluation = job.Graders.IsEmpty
            ? null
            : new JsonObject { ["graders"] = new JsonArray([.. job.Graders.Select(grader => (JsonNode?)JsonObject.Create(grader))]) },
        Cost = job.Price is { } price ? CostObject.Of(price, job.Seconds) : null,
        Budget = job.Budget,
        MergeDtype = job.MergeDtype,
        PublishIf = job.PublishIf is { } condition
            ? new JsonObject { ["metric"] = condition.Metric, ["minimum_gain"] = condition.MinimumGain }
            : null,
    };
}
