namespace Serverless.Service.Catalog;

/// <summary>Records of one kind, one blob each in the container <c>catalog</c>, changed with ETags only.</summary>
public abstract class RecordCatalog<TId, TRecord>
    where TId : struct
    where TRecord : class
{
    /// <summary>Writes <paramref name="record"/> unless one with its id exists; returns the one that is stored.</summary>
    public Task<TRecord> CreateAsync(TRecord record, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>The record, or null when there is none.</summary>
    public Task<TRecord?> FindAsync(TId id, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>
    /// Applies <paramref name="change"/> to the record as it is now and returns what is stored. The change may be applied more than once
    /// (somebody else was faster, or an answer was lost), so it only depends on its argument; when it returns its argument nothing is written.
    /// </summary>
    /// <exception cref="RecordNotFoundException">There is no such record.</exception>
    public Task<TRecord> UpdateAsync(TId id, Func<TRecord, TRecord> change, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>A page of whole records, newest first.</summary>
    /// <param name="after">The id of the last record of the page before; it need not exist any more.</param>
    /// <param name="limit">The page's size, at least 1.</param>
    /// <param name="filter">Keeps what it is true for; null keeps all.</param>
    public Task<Page<TRecord>> ListAsync(TId? after, int limit, Func<TRecord, bool>? filter, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>Removes the record; false when there was none.</summary>
    public Task<bool> DeleteAsync(TId id, CancellationToken cancellationToken) => throw new NotImplementedException();
}
