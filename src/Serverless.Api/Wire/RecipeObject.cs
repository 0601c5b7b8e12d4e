using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Service.Jobs;

namespace Serverless.Api.Wire;

/// <summary>
/// <c>method.recipe</c> of a job: its stages as they were asked for, each with its files, its status, and what came of it. All of it is ours.
/// </summary>
internal static class RecipeObject
{
    public static JsonObject Of(JobRecord job) => new() { ["stages"] = new JsonArray([.. job.InStages().Select(stage => (JsonNode)Stage(job, stage))]) };

    /// <param name="stage">The job as if the stage were all of it.</param>
    private static JsonObject Stage(JobRecord job, JobRecord stage)
    {
        var own = stage.Stages[stage.Stage];
        var written = MethodObject.Of(stage);
        written["training_file"] = own.TrainingFile.Value;
        if (own.ValidationFile is { } validation)
            written["validation_file"] = validation.Value;
        written["status"] = StatusOf(job, stage.Stage);
        if ((own.Model ?? own.Student) is { } model)
            written["model"] = model.Value;
        if (own.LastStep is { } last)
        {
            written["first_step"] = own.StepsBefore + 1;
            written["last_step"] = last;
        }
        if (own.Result is { } result)
            written["fine_tuned_model"] = result.Value;
        if (own.Figures.Count > 0)
            written["figures"] = new JsonObject(own.Figures.Select(figure => KeyValuePair.Create(figure.Key, StepObject.Number(figure.Value))));
        return written;
    }

    /// <summary>
    /// succeeded, the job's own status for the stage that is under way, or pending; one that was never reached stays pending, and so do all of a
    /// job that ended before it began.
    /// </summary>
    private static string StatusOf(JobRecord job, int stage)
    {
        if (stage < job.Stage)
            return "succeeded";
        var isReached = stage == job.Stage && (job.StartedAt is not null || !job.Status.IsFinal());
        return isReached ? JsonNamingPolicy.SnakeCaseLower.ConvertName(job.Status.ToString()) : "pending";
    }
}
