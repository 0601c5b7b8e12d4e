namespace Serverless.Learning.Training;

/// <summary>A prompt that a model answers while it is trained, for its owner to read along.</summary>
/// <param name="Ids">Its tokens, the beginning of the answer as the template opens it included, shape [T].</param>
/// <param name="Text">What people see asked.</param>
public sealed record SamplePrompt(int[] Ids, string Text);
