using System.IO.Hashing;

namespace Serverless.Service.Models.Adding;

/// <summary>Unpacks one entry of an archive, and at its end holds it against the length and the CRC-32 that the archive states.</summary>
/// <param name="unpacked">The content; disposed with this.</param>
/// <param name="fault">Makes the exception for what was found.</param>
internal sealed class ArchiveEntryStream(Stream unpacked, long bytes, uint crc32, Func<string, Exception> fault) : Stream
{
    private readonly Crc32 _crc = new();
    private long _read;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => bytes;

    public override long Position { get => _read; set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return Take(buffer, await unpacked.ReadAsync(buffer, cancellationToken));
        }
        catch (InvalidDataException error)
        {
            throw fault(error.Message);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count)
    {
        try
        {
            return Take(buffer.AsMemory(offset, count), unpacked.Read(buffer, offset, count));
        }
        catch (InvalidDataException error)
        {
            throw fault(error.Message);
        }
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) unpacked.Dispose();
        base.Dispose(disposing);
    }

    private int Take(Memory<byte> buffer, int count)
    {
        _read += count;
        if (_read > bytes) throw fault($"it has more than the {bytes} bytes that the archive states");
        _crc.Append(buffer.Span[..count]);
        if (count > 0 || buffer.IsEmpty) return count;
        if (_read < bytes) throw fault($"it has {_read} bytes; the archive states {bytes}");
        if (_crc.GetCurrentHashAsUInt32() is var found && found != crc32)
            throw fault($"its CRC-32 is {found:x8}; the archive states {crc32:x8}");
        return 0;
    }
}
