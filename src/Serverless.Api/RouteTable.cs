using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Api.Dashboard;

namespace Serverless.Api;

/// <summary>Every route of the service, in one place.</summary>
internal static class RouteTable
{
    /// <summary>The rows, as API.md lists them.</summary>
    public static IReadOnlyList<Route> Routes { get; } =
    [
        To<DashboardEndpoints>("GET", "/", (dashboard, context) => dashboard.PageAsync(context)),
        To<DashboardEndpoints>("GET", "/dashboard/{name}", (dashboard, context) => dashboard.FileAsync(context)),
    ];

    /// <summary>Registers the rows, and the answer for everything else.</summary>
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        foreach (var route in Routes)
            endpoints.MapMethods(route.Pattern, [route.Method], route.Handler);
        endpoints.MapFallback("{**path}", context => UnknownUrl.AnswerAsync(context, Routes));
    }

    /// <summary>A row whose handler is a service of the head.</summary>
    private static Route To<THandler>(string method, string pattern, Func<THandler, HttpContext, Task> handle)
        where THandler : notnull =>
        new(method, pattern, context => handle(context.RequestServices.GetRequiredService<THandler>(), context));
}
