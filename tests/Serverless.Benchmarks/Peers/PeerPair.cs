using Serverless.Learning.Formats.Gguf;

namespace Serverless.Benchmarks.Peers;

/// <summary>A scenario of ours and how llama.cpp does the same.</summary>
/// <param name="Type">How the weights stand in its file.</param>
/// <param name="Threads">Null for those of the campaign.</param>
internal sealed record PeerPair(IScenario Ours, GgufType Type, int? Threads = null);
