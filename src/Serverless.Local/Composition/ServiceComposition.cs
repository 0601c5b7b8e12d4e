using Microsoft.Extensions.DependencyInjection;
using Serverless.Api;
using Serverless.Local.Drops;
using Serverless.Local.Journal;
using Serverless.Local.Settings;
using Serverless.Service.Inference;
using Serverless.Service.Pipeline;
using Serverless.Service.Storage;

namespace Serverless.Local.Composition;

/// <summary>Which parts the head is made of.</summary>
internal static class ServiceComposition
{
    /// <summary>Everything between storage and HTTP, run by the journal.</summary>
    public static IServiceCollection AddLocalHead(this IServiceCollection services, LocalSettings settings) => services
        .AddSingleton(settings)
        .AddServerlessStorage(settings.StorageAccount)
        .AddServerlessPipeline(settings.Pipeline())
        .AddServerlessInference(settings.Hosting())
        .AddServerlessApi(settings.Api())
        .AddSingleton(new JournalSettings { ActivityBudget = TimeSpan.FromSeconds(settings.ChunkSeconds) })
        .AddSingleton(PipelineJournal.Parts)
        .AddSingleton(provider => ActivatorUtilities.CreateInstance<JournalWorkflowHost>(provider, provider.GetRequiredService<BlobAccount>().Journal))
        .AddSingleton<IWorkflowStarter>(provider => provider.GetRequiredService<JournalWorkflowHost>())
        .AddHostedService<LocalUpkeep>()
        .AddHostedService<DropWatcher>()
        .AddHostedService<ModelDropWatcher>();
}
