using Serverless.Service.Files;
using Serverless.Service.Models;

namespace Serverless.Service.Jobs;

/// <summary>One stage of a recipe as it is asked for.</summary>
public sealed record RecipeStageRequest
{
    /// <summary>Any method but a recipe.</summary>
    public JobMethod Method { get; init; } = new();

    public AdapterRequest Adapter { get; init; } = new();

    /// <summary>The student of a distillation whose teacher is the stage before; null for the model that that stage leads to, as with every other method.</summary>
    public ModelId? Model { get; init; }

    /// <summary>Null for the job's.</summary>
    public FileId? TrainingFile { get; init; }

    /// <summary>Null for the job's, if the method takes its kind of data.</summary>
    public FileId? ValidationFile { get; init; }
}
