using Serverless.Learning.Sampling;

namespace Serverless.Service.Inference;

/// <summary>What an answer grew by with one more token; the one that ends it counts too.</summary>
/// <param name="Choice">Which of the answers, from 0.</param>
/// <param name="Text">Text that is certain now; may be empty.</param>
/// <param name="PromptTokens">The length of the prompt, the same in every piece.</param>
/// <param name="Finish">Why the answer ended, in its last piece only.</param>
public sealed record ChatPiece(int Choice, string Text, int PromptTokens, FinishReason? Finish);
