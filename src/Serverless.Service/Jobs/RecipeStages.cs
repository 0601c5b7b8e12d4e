using System.Collections.Immutable;
using Serverless.Learning.Training;
using Serverless.Service.Files;
using Serverless.Service.Models;

namespace Serverless.Service.Jobs;

/// <summary>
/// A recipe seen as what it is at each stage: a job of that stage's method, on its files, from the model of the stage before or, where that teaches another one, from
/// that student. A job of any other method is its own only stage, so that whatever trains, teaches or evaluates does not tell them apart.
/// </summary>
public static class RecipeStages
{
    /// <summary>The job as if one stage were all of it; not to be stored.</summary>
    public static JobRecord At(this JobRecord job, int stage)
    {
        if (job.Stages.IsEmpty)
            return job;
        var own = job.Stages[stage];
        return job with
        {
            Stage = stage,
            Model = own.Model ?? job.StartOf(stage),
            Method = own.Method with { Distillation = TaughtBy(own) },
            Adapter = own.Adapter,
            TrainingFile = own.TrainingFile,
            ValidationFile = own.ValidationFile,
            Options = own.Options,
            ResultFiles = own.ResultFiles,
        };
    }

    /// <summary>The model whose tuning a stage goes on with: the last student that it or a stage before it takes, otherwise the job's.</summary>
    public static ModelId StartOf(this JobRecord job, int stage) => StudentAt(job, stage) is >= 0 and var at ? job.Stages[at].Student!.Value : job.Model;

    /// <summary>The stage at which that tuning began.</summary>
    public static int FirstOf(this JobRecord job, int stage) => Math.Max(0, StudentAt(job, stage));

    /// <summary>The name of the base at the root of the model that a stage leads to.</summary>
    public static ModelId BaseOf(this JobRecord job, int stage) => StudentAt(job, stage) is >= 0 and var at ? job.Stages[at].StudentBase!.Value : job.BaseModel;

    /// <summary>The last stage, up to one, that takes a student; -1 if none does.</summary>
    private static int StudentAt(JobRecord job, int stage)
    {
        if (job.Stages.IsEmpty)
            return -1;
        while (stage >= 0 && job.Stages[stage].Student is null)
            stage--;
        return stage;
    }

    /// <summary>The job as if the stage that is under way were all of it.</summary>
    public static JobRecord AtPresent(this JobRecord job) => job.At(job.Stage);

    /// <summary>The job as if its last stage were all of it: what it comes to is compared and published as that stage's.</summary>
    public static JobRecord AtLast(this JobRecord job) => job.At(job.Stages.Length - 1);

    /// <summary>The job as if the stage that a step belongs to were all of it; a step that is not taken yet belongs to the present one.</summary>
    public static JobRecord AtStep(this JobRecord job, int step) => job.At(job.StageOfStep(step));

    /// <summary>The stage that a step belongs to; a step that is not taken yet belongs to the present one.</summary>
    public static int StageOfStep(this JobRecord job, int step)
    {
        var stage = job.Stage;
        while (stage > 0 && job.Stages[stage].StepsBefore >= step)
            stage--;
        return stage;
    }

    /// <summary>Each stage of the job as if it were all of it, in order.</summary>
    public static IEnumerable<JobRecord> InStages(this JobRecord job) =>
        job.Stages.IsEmpty ? [job] : Enumerable.Range(0, job.Stages.Length).Select(stage => job.At(stage));

    /// <summary>Whether no stage follows the present one.</summary>
    public static bool IsAtLastStage(this JobRecord job) => job.Stage >= job.Stages.Length - 1;

    /// <summary>The id of the present stage's training.</summary>
    public static StageId StageId(this JobRecord job) => job.Stages.IsEmpty ? new(job.Id) : new(job.Id, job.Stage);

    /// <summary>Where the method of the present stage stands in the request.</summary>
    public static string MethodPath(this JobRecord job) => job.Stages.IsEmpty ? "method" : $"method.recipe.stages[{job.Stage}]";

    /// <summary>A text that is another one for each stage of a recipe: the name of a result, or the key of an event.</summary>
    public static string OwnName(this JobRecord job, string name) => job.Stages.IsEmpty ? name : $"stage-{job.Stage + 1}-{name}";

    /// <summary>The job as if its last stage that has general text were all of it: what all of its models are measured on; null if none has.</summary>
    public static JobRecord? Rehearsing(this JobRecord job) => job.InStages().LastOrDefault(stage => stage.Method.Replay is not null);

    /// <summary>The job as if its general text were what it learns from, which is read as continued pre-training reads text.</summary>
    public static JobRecord AsReader(this JobRecord job) => job with { Method = new JobMethod { Type = MethodType.Pretraining } };

    /// <summary>With one stage changed.</summary>
    public static JobRecord With(this JobRecord job, int stage, Func<RecipeStage, RecipeStage> change) =>
        job with { Stages = job.Stages.SetItem(stage, change(job.Stages[stage])) };

    /// <summary>With what a teacher made for the job or, of a recipe, for one of its stages.</summary>
    public static JobRecord Taught(this JobRecord job, int stage, TrainingOptions options, ImmutableArray<FileId> results) => job.Stages.IsEmpty
        ? job with { Options = options, ResultFiles = results }
        : job.With(stage, own => own with { Options = options, ResultFiles = results });

    private static DistillationRequest? TaughtBy(RecipeStage stage) =>
        stage is { Method.Distillation: { Teacher: DistillationRequest.Previous } asked } && (stage.Before ?? stage.Model) is { } before
            ? asked with { Teacher = before.Value } : stage.Method.Distillation;
}
