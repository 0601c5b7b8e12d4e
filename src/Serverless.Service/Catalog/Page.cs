using System.Collections.Immutable;

namespace Serverless.Service.Catalog;

/// <summary>One page of a list, newest first.</summary>
/// <param name="Items">The page's items.</param>
/// <param name="HasMore">Whether the list goes on after the last of them.</param>
public sealed record Page<T>(ImmutableArray<T> Items, bool HasMore);
