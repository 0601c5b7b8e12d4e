using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Serverless.Api.Tests;

/// <summary>The API's middleware on a real Kestrel at a free loopback port, with routes of the test's own before the API's.</summary>
internal sealed class BareApi : IAsyncDisposable
{
    private readonly WebApplication _app;

    private BareApi(WebApplication app, LogLines log)
    {
        _app = app;
        Log = log;
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public HttpClient Http { get; }

    public IServiceProvider Services => _app.Services;

    public LogLines Log { get; }

    public static async Task<BareApi> StartAsync(
        ApiSettings? settings = null, Action<WebApplication>? map = null, Action<IServiceCollection>? services = null)
    {
        var log = new LogLines();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Logging.AddProvider(log).SetMinimumLevel(LogLevel.Debug);
        builder.Services.AddServerlessApi(settings);
        services?.Invoke(builder.Services);
        var app = builder.Build();
        app.UseServerlessApi();
        app.UseRouting();
        map?.Invoke(app);
        app.MapServerlessApi();
        await app.StartAsync();
        return new BareApi(app, log);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }
}
