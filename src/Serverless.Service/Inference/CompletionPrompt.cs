using System.Collections.Immutable;

namespace Serverless.Service.Inference;

/// <summary>A text to be continued: as text, in which special tokens may be written out, or as tokens.</summary>
/// <param name="Ids">Used when there is no text.</param>
public sealed record CompletionPrompt(string? Text, ImmutableArray<int> Ids);
