using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Serverless.Api.Access;
using Serverless.Api.Chat;
using Serverless.Api.Completions;
using Serverless.Api.Dashboard;
using Serverless.Api.Errors;
using Serverless.Api.Evals;
using Serverless.Api.Files;
using Serverless.Api.Graders;
using Serverless.Api.Jobs;
using Serverless.Api.Models;
using Serverless.Api.Reference;
using Serverless.Api.Updates;
using Serverless.Api.Uploads;
using Serverless.Service.Inference;

namespace Serverless.Api;

/// <summary>
/// What a head calls to serve the API: services, then the middleware (headers, errors, access), then the routes. It expects the stores,
/// the job service and the model host of Serverless.Service among the head's services.
/// </summary>
public static class ApiHost
{
    /// <summary>Adds the handlers of the API. <paramref name="settings"/> null means the defaults.</summary>
    public static IServiceCollection AddServerlessApi(this IServiceCollection services, ApiSettings? settings = null)
    {
        services.AddSingleton(settings ?? new ApiSettings());
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<ReferenceEndpoints>();
        services.AddSingleton<FileEndpoints>();
        services.AddSingleton<UploadEndpoints>();
        services.AddSingleton<DatasetEndpoints>();
        services.AddSingleton<JobEndpoints>();
        services.AddSingleton<UpdateFeed>();
        services.AddSingleton<UpdateEndpoints>();
        services.AddSingleton<GraderEndpoints>();
        services.AddSingleton<EvalEndpoints>();
        services.AddSingleton<EvalRunEndpoints>();
        services.AddSingleton<ModelEndpoints>();
        services.AddSingleton<ModelUploadEndpoint>();
        services.AddSingleton<GgufEndpoint>();
        services.AddSingleton<RolloutEndpoint>();
        services.TryAddSingleton<ChatGenerator>();
        services.AddSingleton<ChatEndpoints>();
        services.TryAddSingleton<CompletionGenerator>();
        services.AddSingleton<CompletionEndpoints>();
        services.AddSingleton<DashboardEndpoints>();
        services.AddSingleton<SessionSecret>();
        services.AddSingleton<SessionCookies>();
        services.AddSingleton<SessionEndpoints>();
        services.AddSingleton<StreamPlaces>();
        services.AddRouting();
        return services;
    }

    /// <summary>Adds the headers of every answer, the error envelope and the access checks. Stands before routing.</summary>
    public static IApplicationBuilder UseServerlessApi(this IApplicationBuilder app) => app
        .UseMiddleware<AnswerHeaders>()
        .UseMiddleware<ErrorEnvelope>()
        .UseMiddleware<HostAndOrigin>()
        .UseMiddleware<ForeignPages>()
        .UseMiddleware<KeyCheck>()
        .UseMiddleware<RequestRate>();

    /// <summary>Adds every route of the API and the dashboard at <c>/</c>.</summary>
    public static void MapServerlessApi(this IEndpointRouteBuilder endpoints) => RouteTable.Map(endpoints);
}
