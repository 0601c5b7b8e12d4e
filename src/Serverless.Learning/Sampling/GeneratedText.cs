namespace Serverless.Learning.Sampling;

/// <summary>A finished answer.</summary>
/// <param name="Text">The answer without the token or text that ended it.</param>
/// <param name="Ids">The tokens drawn, the ending token left out.</param>
/// <param name="Finish">Why it ended.</param>
public sealed record GeneratedText(string Text, IReadOnlyList<int> Ids, FinishReason Finish);
