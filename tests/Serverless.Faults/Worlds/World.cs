using System.Globalization;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs.Specialized;
using Serverless.Faults.Checks;
using Serverless.Faults.Proxy;
using Serverless.Faults.Running;
using Serverless.Local.Azurite;
using Serverless.Local.Journal;
using Serverless.Service.Evals;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Service.Storage;
using Serverless.Tests.Heads;
using Serverless.Tests.Shared;

namespace Serverless.Faults.Worlds;

/// <summary>A storage of its own with a folder that heads are started in, one after the other or side by side.</summary>
internal sealed class World : IAsyncDisposable
{
    private readonly string? _storageFolder;

    private World(FaultRun run, HeadPlace place, BlobAccount account)
    {
        (Model, Place, Account) = (run.Model, place, account);
        place.Variables["SERVERLESS_CHECKPOINT_SECONDS"] = 0.5;
        (Jobs, Log, Journal) = (new JobCatalog(account), new JobLog(account, TimeProvider.System), new JournalStore(account.Journal));
        (Files, Models) = (new FileCatalog(account), new ModelCatalog(account));
        (Evals, EvalRuns) = (new EvalCatalog(account), new EvalRunCatalog(account));
    }

    private World(FaultRun run, AzuriteOptions options)
        : this(run, HeadPlace.On(StorageSettings.DevelopmentStorageAt(options.Port)), BlobAccountFactory.Open(new StorageSettings { ConnectionString = StorageSettings.DevelopmentStorageAt(options.Port) })) =>
        (StorageOptions, _storageFolder) = (options, options.DataFolder);

    /// <summary>The base model that jobs start from.</summary>
    public string Model { get; }

    public HeadPlace Place { get; }

    /// <summary>The storage, past the proxy.</summary>
    public BlobAccount Account { get; }

    public JobCatalog Jobs { get; }

    public JobLog Log { get; }

    public JournalStore Journal { get; }

    public FileCatalog Files { get; }

    public ModelCatalog Models { get; }

    public EvalCatalog Evals { get; }

    public EvalRunCatalog EvalRuns { get; }

    /// <summary>What callers were told is there.</summary>
    public Ledger Ledger { get; } = new();

    /// <summary>What stands between heads and storage, if something does.</summary>
    public StorageProxy? Proxy { get; private init; }

    /// <summary>The storage's process, if it is this world's own.</summary>
    public AzuriteProcess? Storage { get; set; }

    /// <summary>How the world's own storage is started.</summary>
    public AzuriteOptions? StorageOptions { get; }

    /// <summary>On the storage that many worlds share, in containers of its own.</summary>
    public static async Task<World> OnSharedStorageAsync(FaultRun run)
    {
        var prefix = await run.Azurite.NewPrefixAsync();
        return new World(run, HeadPlace.On(run.Azurite.ConnectionString, prefix), run.Azurite.Open(prefix));
    }

    /// <summary>The same, with a proxy before it.</summary>
    public static async Task<World> BehindProxyAsync(FaultRun run)
    {
        var prefix = await run.Azurite.NewPrefixAsync();
        var proxy = await StorageProxy.StartAsync(run.Azurite.Port, run.Ct);
        return new World(run, HeadPlace.On(run.Azurite.ConnectionStringBy(proxy.Port), prefix), run.Azurite.Open(prefix)) { Proxy = proxy };
    }

    /// <summary>On a storage of its own.</summary>
    public static async Task<World> OnOwnStorageAsync(FaultRun run)
    {
        var folder = Directory.CreateTempSubdirectory("serverless-storage-").FullName;
        var options = new AzuriteOptions { DataFolder = folder, Port = AzuriteFixture.FreePort() };
        return new World(run, options) { Storage = await AzuriteProcess.StartAsync(options, run.Ct) };
    }

    /// <summary>Starts a head and returns when it answers.</summary>
    public async Task<HeadProcess> StartHeadAsync(CancellationToken ct)
    {
        var head = HeadProcess.Launch(Place);
        try
        {
            await head.AnswersAsync(ct);
            return head;
        }
        catch
        {
            await head.DisposeAsync();
            throw;
        }
    }

    /// <summary>Uploads the kind's file and creates a job on it.</summary>
    public async Task<JobId> CreateJobAsync(HeadProcess head, JobKind kind, CancellationToken ct) =>
        await CreateJobAsync(head, kind.Body(Model, await UploadAsync(head, kind.Content, $"{kind.Name}.jsonl", ct)), ct);

    /// <summary>Creates a job, which has to be there from then on.</summary>
    public async Task<JobId> CreateJobAsync(HeadProcess head, JsonObject body, CancellationToken ct)
    {
        var id = new JobId(await head.CreateJobAsync(body, ct));
        Ledger.Created(id);
        return id;
    }

    /// <summary>Uploads a file, which has to be there from then on.</summary>
    /// <returns>Its id.</returns>
    public async Task<string> UploadAsync(HeadProcess head, string content, string name, CancellationToken ct)
    {
        var id = await head.UploadAsync(content, name, ct);
        Ledger.Uploaded(new FileId(id), content);
        return id;
    }

    /// <summary>Waits for the job's end and for that of its workflow, whatever becomes of heads meanwhile.</summary>
    public async Task<JobRecord> UntilEndedAsync(JobId id, CancellationToken ct)
    {
        while (true)
        {
            if (await EndedAsync(id, ct) is { } ended)
                return ended;
            await Task.Delay(Pause, ct);
        }
    }

    /// <summary>Waits until every file that has come is looked through.</summary>
    public async Task UntilTakenInAsync(CancellationToken ct)
    {
        while ((await Files.ListAsync(null, 1, file => file.Status == FileStatus.Uploaded, ct)).Items.Length > 0)
            await Task.Delay(Pause, ct);
    }

    /// <summary>Waits until every run of an evaluation has ended, its workflow included.</summary>
    public async Task UntilEvaluatedAsync(CancellationToken ct)
    {
        while (await IsEvaluatingAsync(ct))
            await Task.Delay(Pause, ct);
    }

    /// <summary>Waits until the world's own storage has saved everything that it has acknowledged by now; it does so every few seconds.</summary>
    public async Task UntilSavedAsync(CancellationToken ct)
    {
        var mark = $"saved-{Guid.NewGuid():N}";
        await Account.Jobs.GetParentBlobServiceClient().CreateBlobContainerAsync(mark, cancellationToken: ct);
        while (!(await File.ReadAllTextAsync(Path.Combine(_storageFolder!, "__azurite_db_blob__.json"), ct)).Contains(mark, StringComparison.Ordinal))
            await Task.Delay(Pause, ct);
    }

    /// <summary>The job if it has ended, its workflow included.</summary>
    public async Task<JobRecord?> EndedAsync(JobId id, CancellationToken ct) =>
        await Jobs.FindAsync(id, ct) is { } job && job.Status.IsFinal() && await Journal.FindAsync(id.Value, ct) is not { Record.State: JournalState.Running } ? job : null;

    /// <summary>Waits until the job trains and has committed so many checkpoints, with steps beyond the last one.</summary>
    public async Task UntilTrainingAsync(JobId id, int checkpoints, CancellationToken ct)
    {
        while (true)
        {
            var head = await Log.ReadHeadAsync(id, ct);
            if (head?.Checkpoints.Length >= checkpoints && (await Log.ListMetricsAsync(id, head.Step, ct)).Count > 0)
                return;
            if (await Jobs.FindAsync(id, ct) is { Status: JobStatus.Succeeded })
                throw new StruckTooLateException("the job has succeeded before it could be disturbed");
            if (await Jobs.FindAsync(id, ct) is { } job && job.Status.IsFinal())
                throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"the job is {job.Status} before it could be disturbed: {job.Error?.Message}"));
            await Task.Delay(Pause, ct);
        }
    }

    /// <summary>Makes sure that a job has steps before it: to be asked once a fault has struck.</summary>
    /// <exception cref="StruckTooLateException">All of them are committed.</exception>
    public async Task EnsureTrainsAsync(JobId id, CancellationToken ct)
    {
        var plan = await new JobPlans(Account).FindAsync(new StageId(id), ct) ?? throw new InvalidOperationException($"{id} has no plan");
        if ((await Log.ReadHeadAsync(id, ct))?.Step >= plan.LastStep)
            throw new StruckTooLateException(string.Create(CultureInfo.InvariantCulture, $"all {plan.LastStep} steps were taken by then"));
    }

    public async ValueTask DisposeAsync()
    {
        if (Proxy is not null)
            await Proxy.DisposeAsync();
        if (Storage is not null)
            await Storage.DisposeAsync();
        Place.Dispose();
        if (_storageFolder is not null)
            Directory.Delete(_storageFolder, recursive: true);
    }

    /// <summary>Whether a run has not ended, or the workflow of one, which may be removed.</summary>
    private async Task<bool> IsEvaluatingAsync(CancellationToken ct)
    {
        await foreach (var (id, runs, _) in Journal.ListAsync(ct))
            if (runs && id.StartsWith(EvalRunId.Prefix, StringComparison.Ordinal))
                return true;
        return !(await EvalRuns.ListAsync(null, 1, run => !run.IsFinal(), ct)).Items.IsEmpty;
    }

    private static TimeSpan Pause => TimeSpan.FromMilliseconds(200);
}
