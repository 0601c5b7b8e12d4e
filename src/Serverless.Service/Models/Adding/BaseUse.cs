using Serverless.Learning;
using Serverless.Service.Jobs;

namespace Serverless.Service.Models.Adding;

/// <summary>
/// Which unfinished jobs train on a model: the one they were given, the base of an adapter that they were given, the one that a stage of
/// theirs led to, or a stage's student.
/// </summary>
public sealed class BaseUse(JobCatalog jobs, ModelCatalog models)
{
    /// <summary>The code of the error that says so.</summary>
    public const string Code = "model_in_use";

    private const int MostNamed = 5;

    /// <summary>Refuses to take a model away from jobs whose next chunk would train on other weights, or on none.</summary>
    /// <exception cref="InputError">There are such jobs; up to five are named.</exception>
    public async Task RefuseIfUsedAsync(ModelId id, CancellationToken ct)
    {
        var adapters = await models.ListAsync(model => model.Kind == ModelKind.Adapter && model.BaseModel == id, ct);
        HashSet<ModelId> on = [id, .. adapters.Select(adapter => adapter.Id)];
        var page = await jobs.ListAsync(
            null, MostNamed, job => !job.Status.IsFinal() && (on.Contains(job.Model) || job.Stages.Any(stage => stage.Model is { } own && on.Contains(own) || stage.Student is { } student && on.Contains(student))), ct);
        if (!page.Items.IsEmpty)
            throw new InputError(
                $"The model '{id}' is in use by {string.Join(", ", page.Items.Select(job => job.Id))}{(page.HasMore ? " and more" : "")}; wait for the end of these jobs, or cancel them",
                "model", Code);
    }
}
