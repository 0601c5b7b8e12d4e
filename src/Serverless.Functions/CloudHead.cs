using System.Collections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Serverless.Api;
using Serverless.Functions.Activities;
using Serverless.Functions.Durable;
using Serverless.Functions.Http;
using Serverless.Functions.Settings;
using Serverless.Functions.Telemetry;
using Serverless.Service.Evals;
using Serverless.Service.Files;
using Serverless.Service.Inference;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.Evals;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Service.Pipeline.Intake;
using Serverless.Service.Storage;

namespace Serverless.Functions;

/// <summary>Which parts the head is made of.</summary>
internal static class CloudHead
{
    /// <summary>Reads the settings of this process and adds everything between storage and HTTP, run by Durable Functions.</summary>
    /// <exception cref="Learning.InputError">A setting is wrong.</exception>
    public static IServiceCollection AddCloudHead(this IServiceCollection services)
    {
        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "");
        var settings = CloudSettingsReader.Read(FileBeside("appsettings.json"), environment);
        return services.AddCloudHead(settings, FunctionLimits.Read(FileBeside("host.json"), environment)).AddAzureMonitor(environment);
    }

    /// <summary>Adds the same with settings at hand.</summary>
    public static IServiceCollection AddCloudHead(this IServiceCollection services, CloudSettings settings, FunctionLimits limits) => services
        .AddSingleton(settings)
        .AddSingleton(limits)
        .AddServerlessStorage(settings.StorageAccount)
        .AddServerlessPipeline(settings.Pipeline() with { TrainingSlots = settings.TrainingSlots })
        .AddServerlessInference(settings.Hosting())
        .AddServerlessApi(settings.Api() with { MaxGenerationTime = limits.LongestAnswer })
        .AddSingleton<IWorkflow<FineTuneInput>>(provider => provider.GetRequiredService<FineTuneWorkflow>())
        .AddSingleton<IWorkflow<FileId>>(provider => provider.GetRequiredService<IntakeWorkflow>())
        .AddSingleton<IWorkflow<EvalRunId>>(provider => provider.GetRequiredService<EvalRunWorkflow>())
        .AddSingleton<DurableConnection>()
        .AddSingleton<DurableHistories>()
        .AddSingleton<IWorkflowStarter, DurableWorkflowStarter>()
        .AddSingleton<ActivityRuns>()
        .AddSingleton<RunningActivities>()
        .AddSingleton<ApiPipeline>()
        .AddHostedService<StartWork>()
        .AddHostedService(provider => provider.GetRequiredService<RunningActivities>())
        .Configure<HostOptions>(host => host.ShutdownTimeout = RunningActivities.LongestWait)
        // Ids and enums are written as in the other engine.
        .Configure<WorkerOptions>(worker => worker.Serializer = new Azure.Core.Serialization.JsonObjectSerializer(PipelineJson.Options))
        // Uploads are bounded where they are read, with an answer of the API's own.
        .Configure<KestrelServerOptions>(kestrel => kestrel.Limits.MaxRequestBodySize = null);

    private static IConfigurationRoot FileBeside(string name) => new ConfigurationBuilder()
        .AddJsonFile(Path.Combine(AppContext.BaseDirectory, name), optional: true, reloadOnChange: false)
        .Build();
}
