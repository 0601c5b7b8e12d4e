using Microsoft.AspNetCore.Http;
using Serverless.Learning;
using Serverless.Service.Jobs;

namespace Serverless.Api.Jobs;

/// <summary>The job that a path names.</summary>
internal static class NamedJob
{
    /// <exception cref="InputError">There is none.</exception>
    public static async Task<JobRecord> FindAsync(HttpContext context, JobCatalog catalog)
    {
        var id = IdOf(context);
        return await catalog.FindAsync(id, context.RequestAborted) ?? throw NotFound(id.Value);
    }

    /// <summary>An id that has not our shape names nothing, and is not used as a part of a blob's name.</summary>
    /// <exception cref="InputError">It has not.</exception>
    public static JobId IdOf(HttpContext context)
    {
        var id = new JobId((string)context.Request.RouteValues["id"]!);
        return id.IsWellFormed ? id : throw NotFound(id.Value);
    }

    private static InputError NotFound(string id) => new($"Could not find fine tune: {id}", "fine_tuning_job_id", "fine_tune_not_found");
}
