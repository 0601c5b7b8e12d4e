namespace Serverless.Learning.Text.PreTokenizers;

/// <summary>What becomes of the stretches that a pattern matches, by the names that tokenizer.json uses.</summary>
internal enum SplitBehavior
{
    Removed,
    Isolated,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}
