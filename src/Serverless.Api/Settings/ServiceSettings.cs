using System.Collections.Immutable;
using Serverless.Api.Access;
using Serverless.Learning.Models;
using Serverless.Service.Inference;
using Serverless.Service.Models;
using Serverless.Service.Network;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning.Teaching;
using Serverless.Service.Pipeline.Webhooks;

namespace Serverless.Api.Settings;

/// <summary>
/// What can be set about the service in every head, under the same names. Each name can be given in the section <c>Serverless</c> of
/// appsettings.json or as a variable <c>SERVERLESS_NAME</c> (<c>SERVERLESS_CHUNK_SECONDS</c> for <see cref="ChunkSeconds"/>), which wins.
/// A head adds what only it has.
/// </summary>
public abstract record ServiceSettings
{
    /// <summary>A connection string, or the URL of a storage account, which is opened with the machine's identity.</summary>
    public string Storage { get; init; } = Service.Storage.StorageSettings.DevelopmentStorage;

    /// <summary>The folder for caches and scratch files; nothing that jobs and models consist of lies there.</summary>
    public string Data { get; init; } = "data";

    /// <summary>A folder of Hugging Face and PEFT folders; each becomes a base model or an adapter of its folder's name at start.</summary>
    public string Models { get; init; } = "models";

    /// <summary>Processor threads for tensors; 0: as many as there are.</summary>
    public int Threads { get; init; }

    /// <summary>How the weights of models that answer stand in memory.</summary>
    public MatrixStorage ServedWeights { get; init; } = MatrixStorage.AsStored;

    /// <summary>How much of prompts that were read is kept for those that begin alike, in MB, of all models together; 0: nothing.</summary>
    public int PrefixCacheMB { get; init; } = 256;

    /// <summary>Keys that open the API, as <see cref="ApiKey.Parse"/> reads them; none: everyone who reaches the address.</summary>
    public ImmutableArray<string> Keys { get; init; } = [];

    /// <summary>Servers of others whose models can teach.</summary>
    public ImmutableArray<TeacherEndpoint> Teachers { get; init; } = [];

    /// <summary>Host names besides localhost by which the service may be addressed.</summary>
    public ImmutableArray<string> AllowedHosts { get; init; } = [];

    /// <summary>Origins of foreign pages that may call the API.</summary>
    public ImmutableArray<string> AllowedOrigins { get; init; } = [];

    /// <summary>How many requests a key (or without keys an address) may send per minute; 0: any number.</summary>
    public int RequestsPerMinute { get; init; } = 6000;

    /// <summary>How many streams a key (or without keys an address) may have open at a time; 0: any number.</summary>
    public int StreamsPerCaller { get; init; } = 64;

    /// <summary>How long an activity, such as one chunk of training, lasts before it commits and returns, in seconds.</summary>
    public double ChunkSeconds { get; init; } = 240;

    /// <summary>The time between two checkpoints within a chunk, in seconds: what a killed process loses at most.</summary>
    public double CheckpointSeconds { get; init; } = 60;

    /// <summary>The price of a gigabyte of memory for a second of work, by which estimates, costs and budgets are computed; see <see cref="PriceTable"/>.</summary>
    public double PricePerGbSecond { get; init; } = new PriceTable().PerGbSecond;

    /// <summary>The currency of that price.</summary>
    public string Currency { get; init; } = new PriceTable().Currency;

    /// <summary>The memory of an instance in MB, all of which is billed while it works.</summary>
    public int InstanceMemoryMB { get; init; } = new PriceTable().InstanceMemoryMB;

    /// <summary>Who is told when jobs end: an address, a space and the secret that messages are signed with, <c>https://example.com/hook whsec_…</c>, each.</summary>
    public ImmutableArray<string> Webhooks { get; init; } = [];

    /// <summary>What of the networks that are not public may be called, as <see cref="Service.Network.AllowedNetworks.Parse"/> reads it.</summary>
    public ImmutableArray<string> AllowedNetworks { get; init; } = [];

    /// <summary>The address in <see cref="Storage"/>, if it is one.</summary>
    public Uri? StorageUrl => Storage.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? new Uri(Storage) : null;

    /// <summary>Where models and work in progress lie on this machine.</summary>
    public string WorkFolder => Path.Combine(Data, "work");

    /// <summary>The networks of <see cref="AllowedNetworks"/>.</summary>
    public AllowedNetworks Outbound() => Service.Network.AllowedNetworks.Parse(AllowedNetworks);

    /// <summary>The pipeline's part of these settings.</summary>
    public PipelineSettings Pipeline() => new()
    {
        CheckpointInterval = TimeSpan.FromSeconds(CheckpointSeconds),
        IntakeModel = SampleModel.Name,
        WorkFolder = WorkFolder,
        Teachers = Teachers,
        Prices = new PriceTable { PerGbSecond = PricePerGbSecond, Currency = Currency, InstanceMemoryMB = InstanceMemoryMB },
        Webhooks = [.. Webhooks.Select(WebhookEndpoint.Parse)],
        AllowedNetworks = Outbound(),
    };

    /// <summary>What these settings say about models in memory.</summary>
    public ModelHostSettings Hosting() => new()
    {
        CacheFolder = Path.Combine(WorkFolder, "models"),
        Storage = ServedWeights,
        PrefixBytes = PrefixCacheMB * 1024L * 1024,
    };

    /// <summary>The HTTP surface's part of these settings.</summary>
    public ApiSettings Api() => new()
    {
        Keys = [.. Keys.Select((key, index) => ApiKey.Parse(key, index + 1))],
        AllowedHosts = AllowedHosts,
        AllowedOrigins = AllowedOrigins,
        RequestsPerMinute = RequestsPerMinute,
        StreamsPerCaller = StreamsPerCaller,
    };
}
