using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Api.Access;
using Serverless.Api.Chat;
using Serverless.Api.Completions;
using Serverless.Api.Dashboard;
using Serverless.Api.Evals;
using Serverless.Api.Files;
using Serverless.Api.Graders;
using Serverless.Api.Idempotency;
using Serverless.Api.Jobs;
using Serverless.Api.Models;
using Serverless.Api.Reference;
using Serverless.Api.Updates;
using Serverless.Api.Uploads;

namespace Serverless.Api;

/// <summary>Every route of the service, in one place.</summary>
internal static class RouteTable
{
    /// <summary>The rows, as API.md lists them.</summary>
    public static IReadOnlyList<Route> Routes { get; } =
    [
        Creating<FileEndpoints>("/v1/files", (files, context) => files.UploadAsync(context)),
        To<FileEndpoints>("GET", "/v1/files", (files, context) => files.ListAsync(context)),
        To<FileEndpoints>("GET", "/v1/files/{id}", (files, context) => files.RetrieveAsync(context)),
        To<FileEndpoints>("DELETE", "/v1/files/{id}", (files, context) => files.DeleteAsync(context)),
        To<FileEndpoints>("GET", "/v1/files/{id}/content", (files, context) => files.ContentAsync(context)),
        To<DatasetEndpoints>("GET", "/v1/files/{id}/report", (datasets, context) => datasets.ReportAsync(context)),
        To<DatasetEndpoints>("GET", "/v1/files/{id}/examples", (datasets, context) => datasets.ExamplesAsync(context)),
        Creating<UploadEndpoints>("/v1/uploads", (uploads, context) => uploads.CreateAsync(context)),
        Creating<UploadEndpoints>("/v1/uploads/{id}/parts", (uploads, context) => uploads.AddPartAsync(context)),
        Creating<UploadEndpoints>("/v1/uploads/{id}/complete", (uploads, context) => uploads.CompleteAsync(context)),
        To<UploadEndpoints>("POST", "/v1/uploads/{id}/cancel", (uploads, context) => uploads.CancelAsync(context)),
        Creating<JobEndpoints>("/v1/fine_tuning/jobs", (jobs, context) => jobs.CreateAsync(context)),
        To<JobEndpoints>("GET", "/v1/fine_tuning/jobs", (jobs, context) => jobs.ListAsync(context)),
        To<JobEndpoints>("GET", "/v1/fine_tuning/jobs/{id}", (jobs, context) => jobs.RetrieveAsync(context)),
        To<JobEndpoints>("POST", "/v1/fine_tuning/jobs/{id}/cancel", (jobs, context) => jobs.CancelAsync(context)),
        To<JobEndpoints>("POST", "/v1/fine_tuning/jobs/{id}/pause", (jobs, context) => jobs.PauseAsync(context)),
        To<JobEndpoints>("POST", "/v1/fine_tuning/jobs/{id}/resume", (jobs, context) => jobs.ResumeAsync(context)),
        To<JobEndpoints>("GET", "/v1/fine_tuning/jobs/{id}/events", (jobs, context) => jobs.EventsAsync(context)),
        To<JobEndpoints>("GET", "/v1/fine_tuning/jobs/{id}/checkpoints", (jobs, context) => jobs.CheckpointsAsync(context)),
        To<JobEndpoints>("GET", "/v1/fine_tuning/jobs/{id}/evaluation", (jobs, context) => jobs.EvaluationAsync(context)),
        To<RolloutEndpoint>("GET", "/v1/fine_tuning/jobs/{id}/rollouts", (rollouts, context) => rollouts.DownloadAsync(context)),
        To<UpdateEndpoints>("GET", "/v1/fine_tuning/updates", (updates, context) => updates.StreamAsync(context)),
        To<GraderEndpoints>("POST", "/v1/fine_tuning/alpha/graders/run", (graders, context) => graders.RunAsync(context)),
        To<GraderEndpoints>("POST", "/v1/fine_tuning/alpha/graders/validate", (graders, context) => graders.ValidateAsync(context)),
        Creating<EvalEndpoints>("/v1/evals", (evals, context) => evals.CreateAsync(context)),
        To<EvalEndpoints>("GET", "/v1/evals", (evals, context) => evals.ListAsync(context)),
        To<EvalEndpoints>("GET", "/v1/evals/{id}", (evals, context) => evals.RetrieveAsync(context)),
        To<EvalEndpoints>("POST", "/v1/evals/{id}", (evals, context) => evals.UpdateAsync(context)),
        To<EvalEndpoints>("DELETE", "/v1/evals/{id}", (evals, context) => evals.DeleteAsync(context)),
        Creating<EvalRunEndpoints>("/v1/evals/{id}/runs", (runs, context) => runs.CreateAsync(context)),
        To<EvalRunEndpoints>("GET", "/v1/evals/{id}/runs", (runs, context) => runs.ListAsync(context)),
        To<EvalRunEndpoints>("GET", "/v1/evals/{id}/runs/{run}", (runs, context) => runs.RetrieveAsync(context)),
        To<EvalRunEndpoints>("POST", "/v1/evals/{id}/runs/{run}", (runs, context) => runs.CancelAsync(context)),
        To<EvalRunEndpoints>("DELETE", "/v1/evals/{id}/runs/{run}", (runs, context) => runs.DeleteAsync(context)),
        To<EvalRunEndpoints>("GET", "/v1/evals/{id}/runs/{run}/output_items", (runs, context) => runs.ListItemsAsync(context)),
        To<EvalRunEndpoints>("GET", "/v1/evals/{id}/runs/{run}/output_items/{item}", (runs, context) => runs.RetrieveItemAsync(context)),
        To<ChatEndpoints>("POST", "/v1/chat/completions", (chat, context) => chat.CompleteAsync(context)),
        To<CompletionEndpoints>("POST", "/v1/completions", (completions, context) => completions.CompleteAsync(context)),
        To<ModelUploadEndpoint>("POST", "/v1/models", (uploads, context) => uploads.AddAsync(context)),
        To<ModelEndpoints>("GET", "/v1/models", (models, context) => models.ListAsync(context)),
        To<ModelEndpoints>("GET", "/v1/models/{model}", (models, context) => models.RetrieveAsync(context)),
        To<ModelEndpoints>("DELETE", "/v1/models/{model}", (models, context) => models.DeleteAsync(context)),
        To<ModelEndpoints>("GET", "/v1/models/{model}/files", (models, context) => models.ListArtefactsAsync(context)),
        To<ModelEndpoints>("GET", "/v1/models/{model}/files/{**path}", (models, context) => models.DownloadArtefactAsync(context)),
        To<GgufEndpoint>("GET", "/v1/models/{model}/gguf", (gguf, context) => gguf.DownloadAsync(context)),
        To<ReferenceEndpoints>("GET", "/openapi.json", (reference, context) => reference.DocumentAsync(context)),
        To<DashboardEndpoints>("GET", "/", (dashboard, context) => dashboard.PageAsync(context)),
        To<DashboardEndpoints>("GET", "/docs", (dashboard, context) => dashboard.ReferenceAsync(context)),
        To<DashboardEndpoints>("GET", "/dashboard/{version}/{name}", (dashboard, context) => dashboard.FileAsync(context)),
        To<SessionEndpoints>("GET", "/dashboard/session", (session, context) => session.StateAsync(context)),
        To<SessionEndpoints>("POST", "/dashboard/session", (session, context) => session.OpenAsync(context)),
        To<SessionEndpoints>("DELETE", "/dashboard/session", (session, context) => session.CloseAsync(context)),
    ];

    /// <summary>Registers the rows, and the answer for everything else.</summary>
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        foreach (var route in Routes)
            endpoints.MapMethods(route.Pattern, [route.Method], route.Handler);
        endpoints.MapFallback("{**path}", context => UnknownUrl.AnswerAsync(context, Routes));
    }

    /// <summary>A row that creates something, and that a client may repeat.</summary>
    private static Route Creating<THandler>(string pattern, Func<THandler, HttpContext, Task> handle)
        where THandler : notnull
    {
        var route = To("POST", pattern, handle);
        return route with { Handler = OnceOnly.Of(route.Handler) };
    }

    /// <summary>A row whose handler is a service of the head.</summary>
    private static Route To<THandler>(string method, string pattern, Func<THandler, HttpContext, Task> handle)
        where THandler : notnull =>
        new(method, pattern, context => handle(context.RequestServices.GetRequiredService<THandler>(), context));
}
