using System.Globalization;
using Microsoft.AspNetCore.Http;
using Serverless.Api.Requests;
using Serverless.Learning;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Api.Jobs;

/// <summary>Ours: the answers that a job's policy has drawn so far, with what each was worth, while it trains and after any end.</summary>
internal sealed class RolloutEndpoint(JobCatalog catalog, RolloutStore rollouts)
{
    public async Task DownloadAsync(HttpContext context)
    {
        var job = await NamedJob.FindAsync(context, catalog);
        var stage = StageOf(job, PageQuery.Single(context.Request, "stage"));
        context.Response.ContentType = "application/jsonl";
        context.Response.Headers.ContentDisposition = $"attachment; filename={stage.OwnName(RolloutStore.FileName)}";
        await rollouts.CopyAsync(stage.StageId(), context.Response.Body, context.RequestAborted);
    }

    /// <summary>The job as if the stage were all of it: the one asked for, counted from 1, otherwise the last one with a policy that was reached.</summary>
    private static JobRecord StageOf(JobRecord job, string? asked)
    {
        var policies = job.InStages().Where(stage => stage.Method.Type == MethodType.Reinforcement).ToList();
        if (policies.Count == 0)
            throw new InputError($"The job {job.Id} has no rollouts, because it does not train by reinforcement", "fine_tuning_job_id", "not_found");
        if (asked is null)
            return policies.LastOrDefault(stage => stage.Stage <= job.Stage) ?? policies[0];
        string[] numbers = [.. policies.Select(stage => (stage.Stage + 1).ToString(CultureInfo.InvariantCulture))];
        return numbers.IndexOf(asked) is >= 0 and var at ? policies[at] : throw Refusal.NotAmong("stage", asked, numbers);
    }
}
