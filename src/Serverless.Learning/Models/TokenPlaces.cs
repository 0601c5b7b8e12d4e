using Serverless.Learning.Kernels;
using static TorchSharp.torch;

namespace Serverless.Learning.Models;

/// <summary>
/// Which of N tokens stands at each of M places. What a layer computes token by token it computes N times, and only attention looks at
/// places: texts that begin alike have their common beginning computed once, with the results, and the gradients, of computing it in each.
/// </summary>
public sealed class TokenPlaces : IDisposable
{
    private readonly Tensor tokens;
    private readonly Tensor first;

    /// <param name="places">[M]: the token at each place, -1 where none is.</param>
    /// <param name="count">N; every token stands at one place at least.</param>
    public TokenPlaces(int[] places, int count)
    {
        var firstPlaces = new long[count];
        for (var place = places.Length - 1; place >= 0; place--)
        {
            if (places[place] >= 0) firstPlaces[places[place]] = place;
        }
        // Nothing looks at a place without a token, so what stands there does not matter.
        tokens = tensor(places.Select(token => (long)Math.Max(0, token)).ToArray()).DetachFromDisposeScope();
        first = tensor(firstPlaces).DetachFromDisposeScope();
    }

    /// <summary>From tokens to places.</summary>
    /// <param name="ofTokens">[N, W].</param>
    /// <returns>[M, W], owned by the caller's dispose scope.</returns>
    public Tensor Spread(Tensor ofTokens) => LayerOperations.TakeRows(ofTokens, tokens);

    /// <summary>From places back to tokens: at all places of a token stands the same.</summary>
    /// <param name="ofPlaces">[M, W].</param>
    /// <returns>[N, W], owned by the caller's dispose scope.</returns>
    public Tensor Collect(Tensor ofPlaces) => LayerOperations.TakeRows(ofPlaces, first);

    public void Dispose()
    {
        tokens.Dispose();
        first.Dispose();
    }
}
