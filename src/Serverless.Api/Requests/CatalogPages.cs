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
    /// <param name="id">The id of a text, <paramref name="isWellFormed"/> whether it can be one, and <paramref name="text"/> the text of a record's id.</param>
    public static async Task<Page<TRecord>> ReadAsync<TId, TRecord>(
        HttpRequest request, NewestFirstCatalog<TId, TRecord> catalog, Func<TRecord, bool>? filter, Func<string, TId> id, Func<TId, bool> isWellFormed, Func<TRecord, string> text,
        CancellationToken ct)
        where TId : struct
        where TRecord : class
    {
        var query = PageQuery.Read(request, DefaultLimit, MaxPage);
        var begin = query.AfterId(id, isWellFormed);
        if (PageQuery.OrderOf(request, ListOrder.Ascending) == ListOrder.Descending)
            return await catalog.ListAsync(begin, query.Limit, filter, ct);

        // Catalogs list newest first, so the other order reads all of it.
        var all = new List<TRecord>();
        for (TId? after = null; ;)
        {
            var page = await catalog.ListAsync(after, MaxPage, filter, ct);
            all.AddRange(page.Items);
            if (!page.HasMore)
                break;
            after = id(text(page.Items[^1]));
        }
        all.Reverse();
        // Ids sort newest first, so "after" in this order is everything with a smaller id.
        var rest = query.After is null ? all : all.FindAll(record => string.CompareOrdinal(text(record), query.After) < 0);
        return new Page<TRecord>(rest.Take(query.Limit).ToImmutableArray(), rest.Count > query.Limit);
    }
}
