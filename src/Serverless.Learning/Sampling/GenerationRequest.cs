namespace Serverless.Learning.Sampling;

/// <summary>A prompt that is to be answered.</summary>
/// <param name="Prompt">Token ids, at least one.</param>
/// <param name="Options">How the answer is drawn.</param>
public sealed record GenerationRequest(int[] Prompt, SamplingOptions Options);
