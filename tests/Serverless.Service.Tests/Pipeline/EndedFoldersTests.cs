using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Tests.Shared;

namespace Serverless.Service.Tests.Pipeline;

/// <summary>The folders of jobs on a machine: removed with the job's end, or later.</summary>
public sealed class EndedFoldersTests(AzuriteFixture azurite) : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);
    private readonly KeptLog _log = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Folders_of_jobs_that_have_ended_or_are_unknown_are_removed_once_nothing_happens_in_them_and_no_others()
    {
        var catalog = new JobCatalog(await azurite.NewAccountAsync());
        var folders = Folders(_folder.Path);
        var kept = new List<string>();
        var gone = new List<string>();
        foreach (var status in Enum.GetValues<JobStatus>())
        {
            var job = await catalog.CreateAsync(TinyJob.Record(_clock, status), Ct);
            (status.IsFinal() ? gone : kept).Add(Fresh(folders, job.Id));
        }
        gone.Add(Fresh(folders, JobId.New(_clock)));
        kept.Add(Directory.CreateDirectory(Path.Combine(_folder.Path, "jobs", "notes")).FullName);
        kept.Add(Directory.CreateDirectory(Path.Combine(folders.Models, "0123")).FullName);
        var ended = new EndedFolders(folders, catalog, _clock);

        await ended.RemoveAsync(Ct);
        Assert.All([.. kept, .. gone], folder => Assert.True(Directory.Exists(folder), folder));

        _clock.Advance(TimeSpan.FromHours(1.1));
        var late = await catalog.CreateAsync(TinyJob.Record(_clock, JobStatus.Cancelled), Ct);
        kept.Add(Fresh(folders, late.Id));
        Directory.SetLastWriteTimeUtc(folders.Of(late.Id), _clock.GetUtcNow().UtcDateTime);
        await ended.RemoveAsync(Ct);
        Assert.All(kept, folder => Assert.True(Directory.Exists(folder), folder));
        Assert.All(gone, folder => Assert.False(Directory.Exists(folder), folder));
    }

    [Fact]
    public async Task Scratch_folders_of_processes_that_died_are_removed_a_day_later()
    {
        var folders = Folders(_folder.Path);
        var scratch = folders.NewScratch();
        await File.WriteAllTextAsync(Path.Combine(scratch, "model.safetensors"), "half", Ct);
        var ended = new EndedFolders(folders, new JobCatalog(await azurite.NewAccountAsync()), _clock);

        _clock.Advance(TimeSpan.FromHours(23));
        await ended.RemoveAsync(Ct);
        Assert.True(Directory.Exists(scratch));
        _clock.Advance(TimeSpan.FromHours(2));
        await ended.RemoveAsync(Ct);
        Assert.False(Directory.Exists(scratch));
    }

    [Fact]
    public void A_jobs_folder_is_removed_with_all_that_lies_in_it_and_no_other_jobs()
    {
        var folders = Folders(_folder.Path);
        var (one, other) = (JobId.New(_clock), JobId.New(_clock));
        var (gone, kept) = (Fresh(folders, one), Fresh(folders, other));

        folders.Remove(one);
        folders.Remove(one);

        Assert.False(Directory.Exists(gone));
        Assert.False(Directory.Exists(folders.Of(one)));
        Assert.True(File.Exists(Path.Combine(kept, "weights.safetensors")));
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public void A_folder_that_cannot_be_removed_is_told_and_stops_nobody()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "takes a file system on which nobody can remove anything");
        Directory.CreateSymbolicLink(_folder["jobs"], "/proc/self");

        Folders(_folder.Path).Remove(new JobId("fdinfo"));

        var line = Assert.Single(_log.Lines);
        Assert.StartsWith($"The folder {_folder["jobs"]}/fdinfo, which nothing needs any more, could not be removed: ", line, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>A folder in a job's own, with a file in it.</summary>
    private static string Fresh(JobFolders folders, JobId id)
    {
        var folder = folders.Fresh(id, "checkpoint");
        File.WriteAllText(Path.Combine(folder, "weights.safetensors"), "left");
        return folder;
    }

    private JobFolders Folders(string path) => new(new PipelineSettings { WorkFolder = path }, _log);

    private sealed class KeptLog : ILogger<JobFolders>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }
}
