using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using Serverless.Service.Telemetry;

namespace Serverless.Functions.Telemetry;

/// <summary>Sends spans, metrics and log lines to Application Insights, by OpenTelemetry.</summary>
internal static class AzureMonitor
{
    private const string Connection = "APPLICATIONINSIGHTS_CONNECTION_STRING";
    private const string Authentication = "APPLICATIONINSIGHTS_AUTHENTICATION_STRING";

    /// <summary>Adds the exporter where the platform has set the connection string; elsewhere nothing is measured.</summary>
    /// <param name="environment">The process's variables.</param>
    public static IServiceCollection AddAzureMonitor(this IServiceCollection services, IReadOnlyDictionary<string, string> environment)
    {
        if (environment.GetValueOrDefault(Connection) is not { Length: > 0 } connection)
            return services;
        services.AddOpenTelemetry()
            .UseFunctionsWorkerDefaults()
            .WithTracing(tracing => tracing.AddSource(ServiceTelemetry.Name))
            .WithMetrics(metrics => metrics.AddMeter(ServiceTelemetry.Name))
            .UseAzureMonitorExporter(exporter =>
            {
                exporter.ConnectionString = connection;
                if (environment.GetValueOrDefault(Authentication) is { } authentication)
                    exporter.Credential = CredentialOf(authentication);
            });
        // The scopes carry the id of the job or file that a line is about.
        services.Configure<OpenTelemetryLoggerOptions>(logging => logging.IncludeScopes = true);
        return services;
    }

    /// <param name="authentication">Such as <c>Authorization=AAD;ClientId=…</c>; without a client id, the system-assigned identity.</param>
    private static DefaultAzureCredential CredentialOf(string authentication)
    {
        var clientId = authentication.Split(';', StringSplitOptions.TrimEntries)
            .FirstOrDefault(part => part.StartsWith("ClientId=", StringComparison.OrdinalIgnoreCase))?["ClientId=".Length..];
        return new DefaultAzureCredential(new DefaultAzureCredentialOptions { ManagedIdentityClientId = clientId });
    }
}
