using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>The folders on this machine that work on jobs uses. Whatever is missing in them is made again.</summary>
public sealed class JobFolders(PipelineSettings settings)
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

    public void Remove(JobId id)
    {
        if (Directory.Exists(Of(id)))
            Directory.Delete(Of(id), recursive: true);
    }
}
