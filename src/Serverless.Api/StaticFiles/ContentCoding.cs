namespace Serverless.Api.StaticFiles;

/// <summary>How a file may be compressed on its way.</summary>
internal enum ContentCoding
{
    Brotli,
    Gzip,
}
