namespace Serverless.Learning.Models;

/// <summary>What a feed-forward block applies to its gate (Shazeer, arXiv 2002.05202).</summary>
public enum Activation
{
    /// <summary>x sigmoid(x): SwiGLU.</summary>
    Silu,

    /// <summary>GELU by its tanh approximation (<c>gelu_pytorch_tanh</c>): GeGLU.</summary>
    GeluTanh,
}
