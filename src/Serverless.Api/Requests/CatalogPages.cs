using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using Serverless.Service.Catalog;

namespace Serverless.Api.Requests;

/// <summary>Pages of a catalog in either order.</summary>
internal static class CatalogPages
{
    private const int DefaultLimit = 20;
    private const int MaxPage = 100;

    /// <summary>The page that a request asks for; oldest first unless it says otherwise, as OpenAI lists evaluations.</summary>
    /// <param name="time">Orders by another time than the one that ids begin with; null: by that.</param>
    /// <param name="id">The id of a text, <paramref name="isWellFormed"/> whether it can be one, and <paramref name="text"/> the text of a record's id.</param>
    public static async Task<Page<TRecord>> ReadAsync<TId, TRecord>(
        HttpRequest request, NewestFirstCatalog<TId, TRecord> catalog, Func<TRecord, bool>? filter, Func<string, TId> id, Func<TId, bool> isWellFormed, Func<TRecord, string> text,
        CancellationToken ct, Func<TRecord, DateTimeOffset>? time = null)
        where TId : struct
        where TRecord : class
    {
        var query = PageQuery.Read(request, DefaultLimit, MaxPage);
        var begin = query.AfterId(id, isWellFormed);
        var order = PageQuery.OrderOf(request, ListOrder.Ascending);
        if (order == ListOrder.Descending && time is null)
            return await catalog.ListAsync(begin, query.Limit, filter, ct);

        // Catalogs list newest first, so any other order reads all of it.
        var all = new List<TRecord>();
        for (TId? after = null; ;)
        {
            var page = await catalog.ListAsync(after, MaxPage, filter, ct);
            all.AddRange(page.Items);
            if (!page.HasMore)
                break;
            after = id(text(page.Items[^1]));
        }
        if (time is not null)
            all = [.. all.OrderByDescending(time)];
        if (order == ListOrder.Ascending)
            all.Reverse();
        // Ids sort newest first, so "after" in the order of ids is everything with a smaller id, though the last one may be gone.
        var rest = query.After is null ? all
            : time is null ? all.FindAll(record => string.CompareOrdinal(text(record), query.After) < 0)
            : all.FindIndex(record => text(record) == query.After) is >= 0 and var last ? all[(last + 1)..]
            : throw PageQuery.NoId(query.After);
        return new Page<TRecord>(rest.Take(query.Limit).ToImmutableArray(), rest.Count > query.Limit);
    }
}
