using System.Globalization;
using Microsoft.AspNetCore.Http;
using Serverless.Learning;

namespace Serverless.Api.Requests;

/// <summary>Which page of a list is wanted: at most <paramref name="Limit"/> items after the one with the id <paramref name="After"/>.</summary>
internal sealed record PageQuery(string? After, int Limit)
{
    /// <param name="defaultLimit">How many when the request does not say.</param>
    /// <param name="maximum">The most that may be asked for.</param>
    public static PageQuery Read(HttpRequest request, int defaultLimit, int maximum)
    {
        var after = Single(request, "after");
        var limit = Single(request, "limit");
        if (limit is null)
            return new PageQuery(after, defaultLimit);
        if (!long.TryParse(limit, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var wanted))
            throw Refusal.WrongType("limit", "an integer", "a string");
        return wanted < 1 ? throw Refusal.IntegerBelow("limit", 1, wanted)
            : wanted > maximum ? throw Refusal.IntegerAbove("limit", maximum, wanted)
            : new PageQuery(after, (int)wanted);
    }

    /// <summary>The id behind which the page begins, or null for the first page. Its item need not exist any more.</summary>
    /// <exception cref="InputError">The text has not the shape of such an id.</exception>
    public TId? AfterId<TId>(Func<string, TId> id, Func<TId, bool> isWellFormed)
        where TId : struct
    {
        if (After is null)
            return null;
        var last = id(After);
        return isWellFormed(last) ? last : throw NoId(After);
    }

    /// <summary>What a text is refused with that is no id of the list's items: from the beginning, a client would page for ever.</summary>
    public static InputError NoId(string found) => Refusal.NotAllowed("after", "the id of the last item of the page before", $"'{found}'");

    /// <summary>A parameter that is one of a few words, or null when it is absent or empty.</summary>
    public static string? Among(HttpRequest request, string name, IReadOnlyList<string> allowed)
    {
        var found = Single(request, name);
        return found is null || allowed.Contains(found) ? found : throw Refusal.NotAmong(name, found, allowed);
    }

    /// <summary>The parameter <c>order</c>: asc or desc.</summary>
    /// <param name="otherwise">The order when the request does not say.</param>
    public static ListOrder OrderOf(HttpRequest request, ListOrder otherwise = ListOrder.Descending) => Among(request, "order", ["asc", "desc"]) switch
    {
        null => otherwise,
        "asc" => ListOrder.Ascending,
        _ => ListOrder.Descending,
    };

    /// <summary>A query parameter, or null when it is absent or empty.</summary>
    public static string? Single(HttpRequest request, string name) =>
        request.Query.TryGetValue(name, out var values) && !string.IsNullOrEmpty(values[^1]) ? values[^1] : null;
}
