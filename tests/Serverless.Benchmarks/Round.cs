using Serverless.Benchmarks.Peers;

namespace Serverless.Benchmarks;

/// <summary>What one turn through all scenarios measured.</summary>
/// <param name="Readings">By the scenario's name.</param>
/// <param name="Peers">What other programs made of the same work; none if none was asked for.</param>
internal sealed record Round(IReadOnlyDictionary<string, Reading> Readings, IReadOnlyList<PeerReading> Peers);
