using System.IO.Compression;
using System.Security.Cryptography;

namespace Serverless.Api.StaticFiles;

/// <summary>A file that stays the same while the service runs, and is compressed once for each coding that a browser takes it in.</summary>
internal sealed class StaticFile(byte[] content, string contentType)
{
    private readonly string _hash = Convert.ToHexStringLower(SHA256.HashData(content))[..16];

    private readonly Lazy<byte[]> _brotli = new(() => Packed(content, into => new BrotliStream(into, CompressionLevel.SmallestSize, leaveOpen: true)));

    private readonly Lazy<byte[]> _gzip = new(() => Packed(content, into => new GZipStream(into, CompressionLevel.SmallestSize, leaveOpen: true)));

    public string ContentType => contentType;

    /// <summary>What is sent in a coding, and its ETag: the same file in two codings is two things to a cache (RFC 9110, section 8.8.3.3).</summary>
    /// <param name="coding">Null: as it is.</param>
    public (byte[] Content, string ETag) In(ContentCoding? coding) => coding switch
    {
        null => (content, $"\"{_hash}\""),
        ContentCoding.Brotli => (_brotli.Value, $"\"{_hash}-br\""),
        ContentCoding.Gzip => (_gzip.Value, $"\"{_hash}-gzip\""),
        _ => throw new ArgumentOutOfRangeException(nameof(coding), coding, "unknown coding"),
    };

    private static byte[] Packed(byte[] content, Func<Stream, Stream> into)
    {
        using var packed = new MemoryStream();
        using (var compressor = into(packed))
            compressor.Write(content);
        return packed.ToArray();
    }
}
