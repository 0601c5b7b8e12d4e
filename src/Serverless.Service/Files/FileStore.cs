#pragma warning disable CS9113 // filled in by the next commits
using Azure;
using Serverless.Service.Storage;

namespace Serverless.Service.Files;

/// <summary>Contents of files and their records. Contents are streamed, never held in memory, and never changed.</summary>
public sealed class FileStore(BlobAccount account, FileCatalog catalog, TimeProvider clock)
{
    /// <summary>The largest file, as in OpenAI's API: 512 MB.</summary>
    public const long MaxBytes = 512L * 1024 * 1024;

    /// <summary>Stores a posted file and its record.</summary>
    /// <exception cref="Learning.InputError">The content is longer than <see cref="MaxBytes"/>.</exception>
    public Task<FileRecord> UploadAsync(string name, string purpose, Stream content, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>Takes the version <paramref name="etag"/> of a blob in <c>datasets</c>. Taking it again returns the same record.</summary>
    /// <returns>The record, or null when that version is not there any more.</returns>
    public Task<FileRecord?> TakeDropAsync(string path, ETag etag, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>The content from <paramref name="offset"/> on, read as it is needed; null when the file does not exist.</summary>
    public Task<Stream?> OpenAsync(FileId id, long offset, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Removes record and content; false when there was no such file.</summary>
    public Task<bool> DeleteAsync(FileId id, CancellationToken cancellationToken) => throw new NotImplementedException();
}
