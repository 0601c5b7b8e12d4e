using Serverless.Service.Files;

namespace Serverless.Service.Jobs;

/// <summary>One stage of a recipe as it is asked for.</summary>
public sealed record RecipeStageRequest
{
    /// <summary>Any method but a recipe.</summary>
    public JobMethod Method { get; init; } = new();

    public AdapterRequest Adapter { get; init; } = new();

    /// <summary>Null for the job's.</summary>
    public FileId? TrainingFile { get; init; }

    /// <summary>Null for the job's, if the method takes its kind of data.</summary>
    public FileId? ValidationFile { get; init; }
}
