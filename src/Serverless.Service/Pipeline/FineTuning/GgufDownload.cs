namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>A GGUF file that was written to be read once, and is gone when this is disposed.</summary>
public sealed class GgufDownload : IAsyncDisposable
{
    private readonly FileStream _content;
    private readonly Action _end;

    internal GgufDownload(FileStream content, Action end) => (_content, _end) = (content, end);

    /// <summary>The file from its beginning.</summary>
    public Stream Content => _content;

    /// <summary>Its length.</summary>
    public long Bytes => _content.Length;

    public async ValueTask DisposeAsync()
    {
        await _content.DisposeAsync();
        _end();
    }
}
