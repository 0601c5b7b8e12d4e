using System.Globalization;
using Microsoft.AspNetCore.Http;

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

    /// <summary>The parameter <c>order</c>: asc or desc.</summary>
    /// <param name="otherwise">The order when the request does not say.</param>
    public static ListOrder OrderOf(HttpRequest request, ListOrder otherwise = ListOrder.Descending) => Single(request, "order") switch
    {
        null => otherwise,
        "desc" => ListOrder.Descending,
        "asc" => ListOrder.Ascending,
        var other => throw Refusal.NotAmong("order", other, ["asc", "desc"]),
    };

    /// <summary>A query parameter, or null when it is absent or empty.</summary>
    public static string? Single(HttpRequest request, string name) =>
        request.Query.TryGetValue(name, out var values) && !string.IsNullOrEmpty(values[^1]) ? values[^1] : null;
}
