namespace Serverless.Service.Models.Adding;

/// <summary>How far the adding of a model has come.</summary>
/// <param name="Step">What is done, in a word: <c>hashing</c>, then <c>storing</c>.</param>
/// <param name="Bytes">Bytes of this step that are done.</param>
/// <param name="TotalBytes">Bytes of the model.</param>
public sealed record AddProgress(string Step, long Bytes, long TotalBytes);
