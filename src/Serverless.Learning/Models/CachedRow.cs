namespace Serverless.Learning.Models;

/// <summary>The last tokens of a row of a cache.</summary>
/// <param name="Tokens">How many of the row's tokens, counted from the end, are meant.</param>
public readonly record struct CachedRow(KeyValueCache Cache, int Row, int Tokens);
