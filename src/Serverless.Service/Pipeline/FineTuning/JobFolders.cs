using Microsoft.Extensions.Logging;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>The folders on this machine that work on jobs uses. Whatever is missing in them is made again.</summary>
public sealed partial class JobFolders(PipelineSettings settings, ILogger<JobFolders> logger)
{
    /// <summary>Where models from the storage are kept, by their content.</summary>
    public string Models => Path.Combine(settings.WorkFolder, "models");

    /// <summary>A job's own folder.</summary>
    public string Of(JobId id) => Path.Combine(settings.WorkFolder, "jobs", id.Value);

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
        Directory.CreateDirectory(Path.Combine(settings.WorkFolder, "scratch", Guid.NewGuid().ToString("n"))).FullName;

    /// <summary>Removes a job's own folder. A disk that cannot be written keeps it, which is logged: nothing of it is needed any more.</summary>
    public void Remove(JobId id)
    {
        try
        {
            if (Directory.Exists(Of(id)))
                Directory.Delete(Of(id), recursive: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            LogLeft(Of(id), fault.Message);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The folder {Folder} of a job that has ended could not be removed: {Reason}")]
    private partial void LogLeft(string folder, string reason);
}
