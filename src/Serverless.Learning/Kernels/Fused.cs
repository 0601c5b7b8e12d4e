namespace Serverless.Learning.Kernels;

/// <summary>The decoder's operations in one pass over memory each.</summary>
public static class Fused
{
}
