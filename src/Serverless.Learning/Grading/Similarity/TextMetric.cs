namespace Serverless.Learning.Grading.Similarity;

/// <summary>How two texts are compared; each gives 0 (nothing in common) to 1.</summary>
internal enum TextMetric
{
    FuzzyMatch,
    Bleu,
    Gleu,
    Rouge1,
    Rouge2,
    Rouge3,
    Rouge4,
    Rouge5,
    RougeL,
}
