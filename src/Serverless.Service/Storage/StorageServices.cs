using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Models.Adding;

namespace Serverless.Service.Storage;

/// <summary>What a head registers to reach the storage account.</summary>
public static class StorageServices
{
    /// <summary>Adds the account, the catalogs and the stores, and the machine's clock unless there is one.</summary>
    /// <exception cref="Learning.InputError">The settings name no account that can be opened; none is called.</exception>
    public static IServiceCollection AddServerlessStorage(this IServiceCollection services, StorageSettings settings)
    {
        services.TryAddSingleton(TimeProvider.System);
        return services
            .AddSingleton(BlobAccountFactory.Open(settings))
            .AddSingleton<FileCatalog>()
            .AddSingleton<FileStore>()
            .AddSingleton<JobCatalog>()
            .AddSingleton<JobLog>()
            .AddSingleton<CheckpointStore>()
            .AddSingleton<ModelCatalog>()
            .AddSingleton<ModelStore>()
            .AddSingleton<BaseModels>()
            .AddSingleton<AdapterBases>()
            .AddSingleton<BaseUse>()
            .AddSingleton<AddModel>()
            .AddSingleton<RemoveModel>()
            .AddSingleton<IncomingArchives>()
            .AddSingleton<ModelDrops>();
    }
}
