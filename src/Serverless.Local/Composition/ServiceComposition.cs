using Microsoft.Extensions.DependencyInjection;
using Serverless.Api;
using Serverless.Api.Access;
using Serverless.Local.Drops;
using Serverless.Local.Journal;
using Serverless.Local.Settings;
using Serverless.Service.Files;
using Serverless.Service.Inference;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline;
using Serverless.Service.Storage;

namespace Serverless.Local.Composition;

/// <summary>Which parts the head is made of.</summary>
internal static class ServiceComposition
{
    /// <summary>The account, the catalogs and the stores.</summary>
    public static IServiceCollection AddStorage(this IServiceCollection services, LocalSettings settings) => services
        .AddSingleton(settings)
        .AddSingleton(TimeProvider.System)
        .AddSingleton(BlobAccountFactory.Open(settings.StorageAccount))
        .AddSingleton<FileCatalog>()
        .AddSingleton<FileStore>()
        .AddSingleton<JobCatalog>()
        .AddSingleton<JobLog>()
        .AddSingleton<CheckpointStore>()
        .AddSingleton<ModelCatalog>()
        .AddSingleton<ModelStore>();

    /// <summary>The workflows, their activities and the journal that runs them.</summary>
    public static IServiceCollection AddWorkflows(this IServiceCollection services, LocalSettings settings) => services
        .AddServerlessPipeline(new PipelineSettings
        {
            CheckpointInterval = TimeSpan.FromSeconds(settings.CheckpointSeconds),
            IntakeModel = SampleModel.Name,
            WorkFolder = Path.Combine(settings.Data, "work"),
        })
        .AddSingleton(new JournalSettings { ActivityBudget = TimeSpan.FromSeconds(settings.ChunkSeconds) })
        .AddSingleton(PipelineJournal.Parts)
        .AddSingleton(provider => ActivatorUtilities.CreateInstance<JournalWorkflowHost>(provider, provider.GetRequiredService<BlobAccount>().Journal))
        .AddSingleton<IWorkflowStarter>(provider => provider.GetRequiredService<JournalWorkflowHost>())
        .AddSingleton<BaseModels>()
        .AddHostedService<DropWatcher>();

    /// <summary>What answers chats.</summary>
    public static IServiceCollection AddInference(this IServiceCollection services, LocalSettings settings) => services
        .AddSingleton(new ModelHostSettings { CacheFolder = Path.Combine(settings.Data, "work", "models") })
        .AddSingleton<ModelHost>();

    /// <summary>The HTTP surface with the head's settings.</summary>
    public static IServiceCollection AddApi(this IServiceCollection services, LocalSettings settings) => services.AddServerlessApi(new ApiSettings
    {
        Keys = [.. settings.Keys.Select((key, index) => ApiKey.FromSecret($"key {index + 1}", key))],
        AllowedHosts = settings.AllowedHosts,
        AllowedOrigins = settings.AllowedOrigins,
    });
}
