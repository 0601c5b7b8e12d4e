using Microsoft.AspNetCore.Http;
using Serverless.Api.Requests;
using Serverless.Api.Wire;
using Serverless.Learning;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Api.Jobs;

/// <summary>Fine-tuning jobs: create, list, retrieve, cancel, pause, resume, events, checkpoints, evaluation.</summary>
internal sealed class JobEndpoints(
    JobService jobs, DryRuns dryRuns, JobCatalog catalog, JobLog log, JobEvaluations evaluations, PipelineSettings pipeline, ApiSettings settings)
{
    private const int MaxPage = 1000;

    public async Task CreateAsync(HttpContext context)
    {
        var isDry = PageQuery.Single(context.Request, "dry_run") switch
        {
            null or "false" => false,
            "true" => true,
            var other => throw Refusal.NotAmong("dry_run", other, ["true", "false"]),
        };
        JobRequest request;
        using (var body = await JsonBody.ReadAsync(context, settings))
            request = JobRequestReader.Read(body.RootElement);
        if (isDry)
            await Reply.JsonAsync(context, DryRunObject.Of(await dryRuns.RunAsync(request, context.RequestAborted)), WireJson.Plain.DryRunObject);
        else
            await SendAsync(context, await jobs.CreateAsync(request, context.RequestAborted));
    }

    public async Task CancelAsync(HttpContext context) =>
        await SendAsync(context, await jobs.CancelAsync(NamedJob.IdOf(context), context.RequestAborted));

    public async Task PauseAsync(HttpContext context) =>
        await SendAsync(context, await jobs.PauseAsync(NamedJob.IdOf(context), context.RequestAborted));

    /// <summary>OpenAI's resume has no body; ours may have one with a new <c>budget</c>.</summary>
    public async Task ResumeAsync(HttpContext context)
    {
        double? budget = null;
        if (JsonBody.IsSent(context.Request))
        {
            using var body = await JsonBody.ReadAsync(context, settings);
            budget = JobRequestReader.ReadBudget(new RequestObject(body.RootElement, ""));
        }
        await SendAsync(context, await jobs.ResumeAsync(NamedJob.IdOf(context), context.RequestAborted, budget));
    }

    public async Task ListAsync(HttpContext context)
    {
        var query = PageQuery.Read(context.Request, defaultLimit: 20, MaxPage);
        var after = query.AfterId(text => new JobId(text), id => id.IsWellFormed);
        var page = await catalog.ListAsync(after, query.Limit, MetadataFilter.Read(context.Request), context.RequestAborted);
        var jobs = new ListObject<JobObject>([.. page.Items.Select(job => JobObject.Of(job, pipeline.Organization))], page.HasMore);
        await Reply.JsonAsync(context, jobs, WireJson.Plain.ListObjectJobObject);
    }

    public async Task RetrieveAsync(HttpContext context) => await SendAsync(context, await NamedJob.FindAsync(context, catalog));

    public async Task EventsAsync(HttpContext context)
    {
        var query = PageQuery.Read(context.Request, defaultLimit: 20, MaxPage);
        var job = await NamedJob.FindAsync(context, catalog);
        var after = query.AfterId(text => new JobEventId(text), id => id.SequenceIn(job.Id) is not null);
        var page = await log.ListEventsAsync(job.Id, after, query.Limit, context.RequestAborted);
        await Reply.JsonAsync(context, new ListObject<JobEventObject>([.. page.Items.Select(JobEventObject.Of)], page.HasMore),
            WireJson.Plain.ListObjectJobEventObject);
    }

    public async Task CheckpointsAsync(HttpContext context)
    {
        var query = PageQuery.Read(context.Request, defaultLimit: 10, MaxPage);
        var job = await NamedJob.FindAsync(context, catalog);
        var head = await log.ReadHeadAsync(job.Id, context.RequestAborted);
        var below = query.After is { } last ? CheckpointObject.StepIn(job.Id, last) ?? throw PageQuery.NoId(last) : int.MaxValue;
        CheckpointObject[] rest =
        [
            .. (head?.Checkpoints ?? []).Reverse().Where(checkpoint => checkpoint.Step < below).Select(checkpoint => CheckpointObject.Of(job, checkpoint, pipeline.Organization)),
        ];
        CheckpointObject[] page = [.. rest.Take(query.Limit)];
        await Reply.JsonAsync(context,
            new MarkedListObject<CheckpointObject>(page, page.FirstOrDefault()?.Id, page.LastOrDefault()?.Id, page.Length < rest.Length),
            WireJson.Plain.MarkedListObjectCheckpointObject);
    }

    public async Task EvaluationAsync(HttpContext context)
    {
        var job = await NamedJob.FindAsync(context, catalog);
        var evaluation = await evaluations.FindAsync(job.Id, context.RequestAborted) ?? throw new InputError(
            job.AtLast().ValidationFile is null && job.Rehearsing() is null
                ? $"The job {job.Id} has no evaluation, because it has no validation_file"
                : $"The job {job.Id} has no evaluation yet: its models are compared when it has trained",
            "fine_tuning_job_id", "not_found");
        await Reply.JsonAsync(context, JobEvaluationObject.Of(job, evaluation), WireJson.Plain.JsonObject);
    }

    private Task SendAsync(HttpContext context, JobRecord job) =>
        Reply.JsonAsync(context, JobObject.Of(job, pipeline.Organization), WireJson.Plain.JobObject);
}
