using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Serverless.Functions.Telemetry;
using Serverless.Service.Telemetry;

namespace Serverless.Functions.Tests.Telemetry;

public sealed class AzureMonitorTests
{
    /// <summary>An Application Insights that refuses every connection; nothing listens at port 1.</summary>
    private const string Nowhere =
        "InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint=https://localhost:1/;LiveEndpoint=https://localhost:1/";

    [Theory]
    [InlineData(Nowhere, true)]
    [InlineData("", false)]
    public void What_the_service_measures_is_exported_where_the_platform_names_an_Application_Insights(string connection, bool expected)
    {
        using var source = new ActivitySource(ServiceTelemetry.Name);
        using var meter = new Meter(ServiceTelemetry.Name);
        var counter = meter.CreateCounter<long>("test.count");
        Assert.Equal((false, false), (source.HasListeners(), counter.Enabled));
        using var services = new ServiceCollection()
            .AddLogging()
            .AddAzureMonitor(new Dictionary<string, string> { ["APPLICATIONINSIGHTS_CONNECTION_STRING"] = connection })
            .BuildServiceProvider();
        _ = (services.GetService<TracerProvider>(), services.GetService<MeterProvider>());
        Assert.Equal((expected, expected), (source.HasListeners(), counter.Enabled));
    }
}
