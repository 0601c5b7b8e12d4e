using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Serverless.Learning.Native;
using Serverless.Local.Journal;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Models.Adding;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.Intake;
using Serverless.Service.Storage;
using Serverless.Tests;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>The whole pipeline on a journal, without HTTP: what a head is made of, on the storage of one test.</summary>
public sealed class PipelineHead : IAsyncDisposable
{
    public static readonly ModelId Tiny = new("tiny");
    private readonly ServiceProvider _services;

    private PipelineHead(ServiceProvider services) => _services = services;

    public JobService Jobs => _services.GetRequiredService<JobService>();

    public JobCatalog JobCatalog => _services.GetRequiredService<JobCatalog>();

    public JournalWorkflowHost Journal => _services.GetRequiredService<JournalWorkflowHost>();

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>A head that goes on with whatever the account holds.</summary>
    /// <param name="workFolder">Another one for each head: what a machine holds does not survive with it.</param>
    public static async Task<PipelineHead> StartAsync(
        BlobAccount account, string workFolder, PipelineSettings? settings = null, JournalSettings? journal = null)
    {
        settings = (settings ?? new PipelineSettings()) with { WorkFolder = workFolder };
        if (settings.IntakeModel == new PipelineSettings().IntakeModel)
            settings = settings with { IntakeModel = Tiny.Value };
        var services = new ServiceCollection()
            .AddSingleton(account)
            .AddSingleton(TimeProvider.System)
            .AddLogging(logging => logging.AddProvider(new TestOutputLog()).SetMinimumLevel(LogLevel.Information))
            .AddSingleton<FileCatalog>()
            .AddSingleton<JobCatalog>()
            .AddSingleton<IncomingArchives>()
            .AddSingleton<ModelCatalog>()
            .AddSingleton(provider => new FileStore(account, provider.GetRequiredService<FileCatalog>(), TimeProvider.System))
            .AddSingleton<ModelStore>()
            .AddSingleton<CheckpointStore>()
            .AddSingleton<JobLog>()
            .AddServerlessPipeline(settings)
            .AddSingleton(provider => new JournalWorkflowHost(
                account.Journal,
                PipelineJournal.Parts(provider),
                journal ?? new JournalSettings(),
                TimeProvider.System,
                provider.GetRequiredService<ILogger<JournalWorkflowHost>>()))
            .AddSingleton<IWorkflowStarter>(provider => provider.GetRequiredService<JournalWorkflowHost>())
            .BuildServiceProvider();
        var head = new PipelineHead(services);
        await SeedAsync(head);
        await head.Journal.ResumeAsync(default);
        await head.Get<UnfinishedWork>().StartAsync(default);
        return head;
    }

    /// <summary>Stores a data set as posted, and starts its intake.</summary>
    /// <param name="waits">Whether for the end of that as well: a job that finds its file unread looks again after a second.</param>
    public async Task<FileId> UploadAsync(string content, string name = "train.jsonl", string purpose = "fine-tune", bool waits = true)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(content));
        var file = await Get<FileStore>().UploadAsync(name, purpose, stream, default);
        await Get<FileIntake>().StartAsync(file, default);
        while (waits && file.Status == FileStatus.Uploaded)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
            file = (await Get<FileCatalog>().FindAsync(file.Id, default))!;
        }
        return file.Id;
    }

    public async Task<JobRecord> CreateAsync(FileId training, FileId? validation = null, Func<JobRequest, JobRequest>? with = null)
    {
        var request = new JobRequest { Model = Tiny, TrainingFile = training, ValidationFile = validation, Seed = 7 };
        return await Jobs.CreateAsync(with is null ? request : with(request), default);
    }

    /// <summary>Waits until a job has a status.</summary>
    public Task<JobRecord> UntilAsync(JobId id, JobStatus status) => UntilAsync(id, job => job.Status == status, status.ToString());

    public async Task<JobRecord> UntilAsync(JobId id, Func<JobRecord, bool> condition, string what)
    {
        for (var look = 0; ; look++)
        {
            var job = await JobCatalog.FindAsync(id, default);
            if (job is not null && condition(job))
                return job;
            if (job is not null && job.Status.IsFinal() || look == 2400)
                throw new TimeoutException($"waited in vain for {what}; the job is {job?.Status}: {job?.Error?.Message}");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Waits until a job has taken a step that is not its last.</summary>
    public async Task<int> UntilStepAsync(JobId id, int step)
    {
        for (var look = 0; ; look++)
        {
            var metrics = await Get<JobLog>().ListMetricsAsync(id, 0, default);
            if (metrics.Count >= step)
                return metrics.Count;
            if (look == 2400)
                throw new TimeoutException($"waited in vain for step {step}; the job has taken {metrics.Count}");
            await Task.Delay(25, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>All messages of a job's events, oldest first.</summary>
    public async Task<IReadOnlyList<string>> MessagesAsync(JobId id)
    {
        var page = await Get<JobLog>().ListEventsAsync(id, null, 1000, default);
        Assert.False(page.HasMore);
        return [.. page.Items.Select(entry => entry.Event.Message).Reverse()];
    }

    /// <summary>The data of a job's events with sample answers, oldest first.</summary>
    public async Task<IReadOnlyList<JsonElement>> SamplesAsync(JobId id)
    {
        var page = await Get<JobLog>().ListEventsAsync(id, null, 1000, default);
        return [.. page.Items.Select(entry => entry.Event.Data).OfType<JsonElement>().Where(data => data.TryGetProperty("samples", out _)).Reverse()];
    }

    /// <summary>The hash of the published weights.</summary>
    public async Task<string> WeightsAsync(JobRecord job, string file = "model.safetensors")
    {
        var model = await Get<ModelCatalog>().FindAsync(job.FineTunedModel!.Value, default);
        return model!.Parts.Single(part => part.Path == file).Sha256;
    }

    public async ValueTask DisposeAsync()
    {
        await Journal.StopAsync(default);
        await _services.DisposeAsync();
    }

    private static async Task SeedAsync(PipelineHead head)
    {
        NativeRuntime.EnsureLoaded();
        NativeRuntime.SetThreads(1);
        using var folder = new TemporaryFolder();
        TinyModel.Write(folder.Path);
        await head.Get<ModelStore>().SeedBaseAsync(Tiny.Value, folder.Path, default);
    }
}
