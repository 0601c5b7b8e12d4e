namespace Serverless.Local.Tests.Pipeline;

/// <summary>A folder of one test, removed with it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("serverless-pipeline-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
