namespace Serverless.Benchmarks;

/// <summary>What one turn through all scenarios measured.</summary>
/// <param name="Readings">By the scenario's name.</param>
/// <param name="PeerTokens">Tokens a second of the peer's LoRA step; null if none was asked for.</param>
internal sealed record Round(IReadOnlyDictionary<string, Reading> Readings, double? PeerTokens);
