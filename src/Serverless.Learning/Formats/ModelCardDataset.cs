namespace Serverless.Learning.Formats;

/// <summary>One file of examples, as a model card lists it.</summary>
/// <param name="Use">What it was for, such as <c>training</c> or <c>validation</c>.</param>
/// <param name="FileName">As its owner named it.</param>
/// <param name="Tokens">All tokens of all examples, counted once.</param>
/// <param name="Sha256">Of the file's bytes, in lower-case hexadecimal digits.</param>
public sealed record ModelCardDataset(string Use, string FileName, long Examples, long Tokens, string Sha256);
