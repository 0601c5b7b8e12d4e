using Microsoft.AspNetCore.Http;
using Serverless.Api.Requests;
using Serverless.Api.Wire;
using Serverless.Learning;
using Serverless.Service.Jobs;

namespace Serverless.Api.Jobs;

/// <summary>Fine-tuning jobs: list, retrieve, events, checkpoints.</summary>
internal sealed class JobEndpoints(JobCatalog catalog, JobLog log, ApiSettings settings)
{
    private const int MaxPage = 1000;

    public async Task ListAsync(HttpContext context)
    {
        var query = PageQuery.Read(context.Request, defaultLimit: 20, MaxPage);
        var after = query.After is null ? null : (JobId?)new JobId(query.After);
        var page = await catalog.ListAsync(after, query.Limit, MetadataFilter.Read(context.Request), context.RequestAborted);
        var jobs = new ListObject<JobObject>([.. page.Items.Select(job => JobObject.Of(job, settings.Organization))], page.HasMore);
        await Reply.JsonAsync(context, jobs, WireJson.Plain.ListObjectJobObject);
    }

    public async Task RetrieveAsync(HttpContext context) => await SendAsync(context, await FindAsync(context));

    public async Task EventsAsync(HttpContext context)
    {
        var query = PageQuery.Read(context.Request, defaultLimit: 20, MaxPage);
        var job = await FindAsync(context);
        var after = query.After is null ? null : (JobEventId?)new JobEventId(query.After);
        var page = await log.ListEventsAsync(job.Id, after, query.Limit, context.RequestAborted);
        await Reply.JsonAsync(context, new ListObject<JobEventObject>([.. page.Items.Select(JobEventObject.Of)], page.HasMore),
            WireJson.Plain.ListObjectJobEventObject);
    }

    public async Task CheckpointsAsync(HttpContext context)
    {
        var query = PageQuery.Read(context.Request, defaultLimit: 10, MaxPage);
        var job = await FindAsync(context);
        var head = await log.ReadHeadAsync(job.Id, context.RequestAborted);
        CheckpointObject[] all = [.. (head?.Checkpoints ?? []).Reverse().Select(checkpoint => CheckpointObject.Of(job, checkpoint, settings.Organization))];
        var begin = query.After is null ? 0 : Array.FindIndex(all, checkpoint => checkpoint.Id == query.After) + 1;
        CheckpointObject[] page = [.. all.Skip(begin).Take(query.Limit)];
        await Reply.JsonAsync(context,
            new MarkedListObject<CheckpointObject>(page, page.FirstOrDefault()?.Id, page.LastOrDefault()?.Id, begin + page.Length < all.Length),
            WireJson.Plain.MarkedListObjectCheckpointObject);
    }

    private Task SendAsync(HttpContext context, JobRecord job) =>
        Reply.JsonAsync(context, JobObject.Of(job, settings.Organization), WireJson.Plain.JobObject);

    private async Task<JobRecord> FindAsync(HttpContext context)
    {
        var id = new JobId((string)context.Request.RouteValues["id"]!);
        return (id.IsWellFormed ? await catalog.FindAsync(id, context.RequestAborted) : null)
            ?? throw new InputError($"Could not find fine tune: {id}", "fine_tune_id", "fine_tune_not_found");
    }
}
