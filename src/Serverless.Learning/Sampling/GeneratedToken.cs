namespace Serverless.Learning.Sampling;

/// <summary>A piece of a streamed answer.</summary>
/// <param name="Id">The token drawn; -1 in the last piece, which carries what was held back.</param>
/// <param name="Text">Text that became certain with this token; empty while a character or a possible stop text is unfinished.</param>
/// <param name="Finish">Set in the last piece only.</param>
public sealed record GeneratedToken(int Id, string Text, FinishReason? Finish);
