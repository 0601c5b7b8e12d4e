using System.ClientModel;
using System.ClientModel.Primitives;
using Microsoft.Extensions.DependencyInjection;
using OpenAI;
using Serverless.Local.Journal;
using Serverless.Service.Files;
using Serverless.Service.Inference;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Models.Adding;
using Serverless.Service.Pipeline;
using Serverless.Service.Storage;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Api.Tests;

/// <summary>The whole API over a storage account of its own on a real Azurite, with the official client and a plain one.</summary>
internal sealed class ApiServer : IAsyncDisposable
{
    private readonly BareApi _api;
    private readonly string _folder;

    private ApiServer(BareApi api, BlobAccount account, string folder)
    {
        _api = api;
        _folder = folder;
        Account = account;
        Client = new OpenAIClient(new ApiKeyCredential("unused"), new OpenAIClientOptions
        {
            Endpoint = new Uri(api.Http.BaseAddress!, "v1"),
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
        });
    }

    public BlobAccount Account { get; }

    /// <summary>The official client, without retries so that a fault shows.</summary>
    public OpenAIClient Client { get; }

    public HttpClient Http => _api.Http;

    public LogLines Log => _api.Log;

    public T Get<T>()
        where T : notnull => _api.Services.GetRequiredService<T>();

    /// <summary>A server with the tiny model of random weights as the base <c>tiny</c>.</summary>
    public static async Task<ApiServer> StartWithModelAsync(
        AzuriteFixture azurite, ApiSettings? settings = null, Func<PipelineSettings, PipelineSettings>? pipeline = null)
    {
        var server = await StartAsync(azurite, settings, pipeline);
        await server.Get<ModelStore>().SeedBaseAsync("tiny", TinyModel.Write(Path.Combine(server._folder, "tiny")), default);
        return server;
    }

    public static async Task<ApiServer> StartAsync(
        AzuriteFixture azurite, ApiSettings? settings = null, Func<PipelineSettings, PipelineSettings>? pipeline = null,
        Action<IServiceCollection>? services = null, BlobAccount? account = null)
    {
        var folder = Directory.CreateTempSubdirectory("serverless-api-").FullName;
        var worksWith = new PipelineSettings { WorkFolder = Path.Combine(folder, "work"), IntakeModel = "tiny" };
        account ??= await azurite.NewAccountAsync();
        var api = await BareApi.StartAsync(settings, services: parts =>
        {
            parts
                .AddSingleton(account)
                .AddSingleton<FileCatalog>()
                .AddSingleton<FileStore>()
                .AddSingleton<JobCatalog>()
                .AddSingleton<JobLog>()
                .AddSingleton<CheckpointStore>()
                .AddSingleton<ModelCatalog>()
                .AddSingleton<ModelStore>()
                .AddSingleton<AdapterBases>()
                .AddSingleton<BaseUse>()
                .AddSingleton<AddModel>()
                .AddSingleton<RemoveModel>()
                .AddSingleton<IncomingArchives>()
                .AddSingleton(new ModelHostSettings { CacheFolder = Path.Combine(folder, "cache") })
                .AddSingleton<ModelHost>()
                .AddServerlessPipeline(pipeline?.Invoke(worksWith) ?? worksWith)
                .AddSingleton(new JournalSettings())
                .AddSingleton(PipelineJournal.Parts)
                .AddSingleton(provider => ActivatorUtilities.CreateInstance<JournalWorkflowHost>(provider, account.Journal))
                .AddSingleton<IWorkflowStarter>(provider => provider.GetRequiredService<JournalWorkflowHost>());
            services?.Invoke(parts);
        });
        return new ApiServer(api, account, folder);
    }

    /// <summary>Lets the journal run what is started, as a head does; before, it only records it.</summary>
    public Task RunWorkflowsAsync() => Get<JournalWorkflowHost>().ResumeAsync(default);

    public async ValueTask DisposeAsync()
    {
        await Get<JournalWorkflowHost>().StopAsync(default);
        await _api.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
