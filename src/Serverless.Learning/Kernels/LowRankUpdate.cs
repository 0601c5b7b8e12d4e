namespace Serverless.Learning.Kernels;

/// <summary>What is added to a product x W^T: scale (x A^T) B^T.</summary>
/// <param name="A">[R, D].</param>
/// <param name="B">[M, R].</param>
/// <param name="Scale">The factor of the update.</param>
public sealed record LowRankUpdate(RowFactor A, RowFactor B, double Scale);
