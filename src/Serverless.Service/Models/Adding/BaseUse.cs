using Serverless.Learning;
using Serverless.Service.Jobs;

namespace Serverless.Service.Models.Adding;

/// <summary>Which unfinished jobs train on a model: the one they were given, or the one that a stage of theirs led to.</summary>
public sealed class BaseUse(JobCatalog jobs)
{
    private const int MostNamed = 5;

    /// <summary>Refuses to take a model away from jobs whose next chunk would train on other weights, or on none.</summary>
    /// <exception cref="InputError">There are such jobs; up to five are named.</exception>
    public async Task RefuseIfUsedAsync(ModelId id, CancellationToken ct)
    {
        var page = await jobs.ListAsync(null, MostNamed, job => !job.Status.IsFinal() && (job.Model == id || job.Stages.Any(stage => stage.Model == id)), ct);
        if (!page.Items.IsEmpty)
            throw new InputError(
                $"The model '{id}' is in use by {string.Join(", ", page.Items.Select(job => job.Id))}{(page.HasMore ? " and more" : "")}; wait for the end of these jobs, or cancel them",
                "model", "model_in_use");
    }
}
