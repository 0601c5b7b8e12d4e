using System.ClientModel;
using System.ClientModel.Primitives;
using Microsoft.Extensions.DependencyInjection;
using OpenAI;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Storage;
using Serverless.Tests.Shared;

namespace Serverless.Api.Tests;

/// <summary>The whole API over a storage account of its own on a real Azurite, with the official client and a plain one.</summary>
internal sealed class ApiServer : IAsyncDisposable
{
    private readonly BareApi _api;

    private ApiServer(BareApi api, BlobAccount account)
    {
        _api = api;
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

    public static async Task<ApiServer> StartAsync(AzuriteFixture azurite, ApiSettings? settings = null)
    {
        var account = await azurite.NewAccountAsync();
        var api = await BareApi.StartAsync(settings, services: services => services
            .AddSingleton(account)
            .AddSingleton<FileCatalog>()
            .AddSingleton<FileStore>()
            .AddSingleton<JobCatalog>()
            .AddSingleton<JobLog>()
            .AddSingleton<ModelCatalog>()
            .AddSingleton<ModelStore>());
        return new ApiServer(api, account);
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();
}
