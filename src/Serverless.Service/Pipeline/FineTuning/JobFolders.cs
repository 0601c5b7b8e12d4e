using Microsoft.Extensions.Logging;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>The folders on this machine that work on jobs uses. Whatever is missing in them is made again.</summary>
public sealed partial class JobFolders(PipelineSettings settings, ILogger<JobFolders> logger)
{
    /// <summary>Where models from the storage are kept, by their content.</summary>
    public string Models => Path.Combine(settings.WorkFolder, "models");

    private string Jobs => Path.Combine(settings.WorkFolder, "jobs");

    private string Scratch => Path.Combine(settings.WorkFolder, "scratch");

    /// <summary>A job's own folder.</summary>
    public string Of(JobId id) => Path.Combine(Jobs, id.Value);

    /// <summary>An empty folder in it.</summary>
    public string Fresh(JobId id, string name)
    {
        var folder = Path.Combine(Of(id), name);
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        return folder;
    }

    /// <summary>A new empty folder of nobody's, for the caller to delete.</summary>
    public string NewScratch() =>
        Directory.CreateDirectory(Path.Combine(Scratch, Guid.NewGuid().ToString("n"))).FullName;

    /// <summary>Removes a job's own folder. A disk that cannot be written keeps it, which is logged: nothing of it is needed any more.</summary>
    public void Remove(JobId id) => Remove(Of(id));

    /// <summary>The jobs that have a folder in which nothing was made or removed since a time.</summary>
    public IReadOnlyList<JobId> UnchangedSince(DateTimeOffset time) =>
        [.. Unchanged(Jobs, time).Select(folder => new JobId(folder.Name)).Where(id => id.IsWellFormed)];

    /// <summary>Removes scratch folders in which nothing was made or removed since a time: a process that died left them.</summary>
    public void RemoveScratch(DateTimeOffset time)
    {
        foreach (var folder in Unchanged(Scratch, time))
            Remove(folder.FullName);
    }

    private static IEnumerable<DirectoryInfo> Unchanged(string parent, DateTimeOffset time) =>
        Directory.Exists(parent) ? new DirectoryInfo(parent).EnumerateDirectories().Where(folder => folder.LastWriteTimeUtc < time) : [];

    private void Remove(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            LogLeft(folder, fault.Message);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The folder {Folder}, which nothing needs any more, could not be removed: {Reason}")]
    private partial void LogLeft(string folder, string reason);
}
