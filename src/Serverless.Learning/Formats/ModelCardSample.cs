namespace Serverless.Learning.Formats;

/// <summary>One question of the validation file with what it should be answered, if the file says, and how both models answered it.</summary>
public sealed record ModelCardSample(string Prompt, string? Expected, string Base, string Tuned);
