using System.Collections.Immutable;
using Serverless.Learning.Training;
using Serverless.Service.Files;
using Serverless.Service.Models;

namespace Serverless.Service.Jobs;

/// <summary>One stage of a recipe: what was asked for, what was resolved from it, and what came of it.</summary>
public sealed record RecipeStage
{
    public required JobMethod Method { get; init; }

    public AdapterRequest Adapter { get; init; } = new();

    public required FileId TrainingFile { get; init; }

    /// <summary>As asked for; once the job is prepared, the file that the stage looks at, the job's among them.</summary>
    public FileId? ValidationFile { get; init; }

    /// <summary>The hyper-parameters with nothing <c>auto</c> any more; null until the job is prepared.</summary>
    public TrainingOptions? Options { get; init; }

    /// <summary>The student, of a stage in which the one before teaches another model than its own; null of every other.</summary>
    public ModelId? Student { get; init; }

    /// <summary>The name of the base at the root of <see cref="Student"/>; null without one.</summary>
    public ModelId? StudentBase { get; init; }

    /// <summary>The model that the stage starts from: its student, or what the stage before led to; null in the first one, and until that has ended.</summary>
    public ModelId? Model { get; init; }

    /// <summary>What the stage before led to; null in the first one, and until that has ended.</summary>
    public ModelId? Before { get; init; }

    /// <summary>The steps of the stages before; those of this one are numbered on from there.</summary>
    public int StepsBefore { get; init; }

    /// <summary>The number of its last step; null until it has ended.</summary>
    public int? LastStep { get; init; }

    /// <summary>The model that it led to; null until it has ended.</summary>
    public ModelId? Result { get; init; }

    /// <summary>What its last steps measured, by name; empty until it has ended.</summary>
    public ImmutableSortedDictionary<string, double> Figures { get; init; } = ImmutableSortedDictionary<string, double>.Empty;

    /// <summary>The data sets that a teacher made for it.</summary>
    public ImmutableArray<FileId> ResultFiles { get; init; } = [];
}
