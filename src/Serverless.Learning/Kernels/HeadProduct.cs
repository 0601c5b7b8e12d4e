using static TorchSharp.torch;

namespace Serverless.Learning.Kernels;

/// <summary>Products of states with the language model's head W [V, D] in its own or another dtype, without a gradient.</summary>
internal static class HeadProduct
{
    /// <summary>W as the products below take it: one in more bits than the states is rounded once, one in fewer stays as it is.</summary>
    public static Tensor Factor(Tensor weight, ScalarType dtype) => weight.dtype == ScalarType.BFloat16 ? weight : weight.to(dtype);

    /// <summary>x W^T.</summary>
    /// <param name="states">x [N, D].</param>
    /// <param name="head">W, from <see cref="Factor"/>.</param>
    /// <returns>[N, V], of the states' dtype, owned by the caller's dispose scope.</returns>
    public static Tensor Logits(Tensor states, Tensor head) => states.dtype == head.dtype
        ? mm(states, head.t())
        : TiledProduct.Forward(states, head.shape, Rows(head));

    /// <summary>dy W, the gradient of the states.</summary>
    /// <param name="gradient">dy [N, V].</param>
    /// <param name="head">W, from <see cref="Factor"/>.</param>
    /// <returns>[N, D], of the gradient's dtype, owned by the caller's dispose scope.</returns>
    public static Tensor StatesGradient(Tensor gradient, Tensor head) => gradient.dtype == head.dtype
        ? mm(gradient, head)
        : TiledProduct.Backward(gradient, head.shape, Rows(head));

    private static ExpandRows Rows(Tensor head) => (firstRow, into) => into.copy_(head.narrow(0, firstRow, into.shape[0]));
}
