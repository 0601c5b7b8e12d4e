namespace Serverless.Benchmarks.Peers;

/// <summary>What another program made of the work of one of our scenarios.</summary>
/// <param name="Peer">What it is called in the table.</param>
/// <param name="Beside">The name of the scenario whose work it is.</param>
/// <param name="Rate">Tokens a second; null if it did not come to an end in its time.</param>
internal sealed record PeerReading(string Peer, string Beside, double? Rate);
