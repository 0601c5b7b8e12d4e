namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>The folder in which a trained job is published, on this machine.</summary>
/// <param name="Folder">Its path.</param>
/// <param name="IsNew">Whether it was made just now, which may have taken long.</param>
public sealed record JobExport(string Folder, bool IsNew)
{
    /// <summary>Whether the call that made it has no time left to publish it. One that finds it made goes on, however late, so that each call comes further.</summary>
    public bool IsLate(DateTimeOffset now, DateTimeOffset deadline) => IsNew && now >= deadline;
}
