namespace Serverless.Learning.Sampling;

/// <summary>How likely the model finds a token.</summary>
/// <param name="Id">The token.</param>
/// <param name="Bytes">The UTF-8 that the token adds to a text; may be half a character, and empty for a special token.</param>
/// <param name="LogProbability">Natural logarithm, of the model's own distribution: before penalties, bias, grammar and temperature.</param>
public sealed record TokenScore(int Id, ReadOnlyMemory<byte> Bytes, double LogProbability);
