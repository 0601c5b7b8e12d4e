namespace Serverless.Fuzz.Running;

/// <summary>A promise that an input broke.</summary>
/// <param name="Kind">Which, in few words; the same for inputs that break it in the same place.</param>
/// <param name="Details">An exception with its stack, or the figures.</param>
/// <param name="Number">The number of the execution; with target and seed it makes the same input again.</param>
public sealed record FuzzFinding(string Target, string Kind, string Details, long Number, byte[] Input);
