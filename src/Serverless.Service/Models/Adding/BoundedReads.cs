namespace Serverless.Service.Models.Adding;

/// <summary>A stream of which only so many bytes may be read, until the bound is lifted: whoever reads a list of unknown length from it cannot read for ever.</summary>
/// <param name="content">Can seek; disposed with this.</param>
/// <param name="most">Bytes that may be read, whatever their places.</param>
/// <param name="fault">Makes the exception for more.</param>
internal sealed class BoundedReads(Stream content, long most, Func<Exception> fault) : Stream
{
    private long? _left = most;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => content.Length;

    public override long Position { get => content.Position; set => content.Position = value; }

    /// <summary>From now on everything may be read.</summary>
    public void Lift() => _left = null;

    public override int Read(byte[] buffer, int offset, int count) => Count(content.Read(buffer, offset, count));

    public override int Read(Span<byte> buffer) => Count(content.Read(buffer));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Count(await content.ReadAsync(buffer, cancellationToken));

    public override long Seek(long offset, SeekOrigin origin) => content.Seek(offset, origin);

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await content.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            content.Dispose();
        base.Dispose(disposing);
    }

    private int Count(int read)
    {
        _left -= read;
        return _left < 0 ? throw fault() : read;
    }
}
