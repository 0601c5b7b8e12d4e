using Serverless.Learning.Kernels;
using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Kernels;

public sealed class TiledProductTests
{
    // Tiles of 1,024 rows: 1,024, 1,024 and 452.
    private static readonly long[] Shape = [2500, 2048];

    public TiledProductTests() => NativeRuntime.EnsureLoaded();

    [Fact]
    public void Tiles_that_share_one_piece_of_memory_make_the_products_of_the_whole()
    {
        using var scope = NewDisposeScope();
        var seen = new List<Tensor>();

        var product = TiledProduct.Forward(ones(2, 2048), Shape, Expand);
        AssertShared();
        Assert.Equal([2L, 2500L], product.shape);
        foreach (var (column, number) in new[] { (0L, 1f), (1023, 1f), (1024, 2f), (2047, 2f), (2048, 3f), (2499, 3f) })
            Assert.Equal(2048 * number, product[1L, column].item<float>());

        var gradient = TiledProduct.Backward(ones(2, 2500), Shape, Expand);
        AssertShared();
        Assert.Equal([2L, 2048L], gradient.shape);
        Assert.True(gradient.eq(1024 * 1 + 1024 * 2 + 452 * 3).all().item<bool>());

        // Each tile holds its number, counted from one.
        void Expand(long firstRow, Tensor into)
        {
            into.fill_(1 + firstRow / 1024);
            seen.Add(into.alias().DetachFromDisposeScope());
        }

        void AssertShared()
        {
            Assert.Equal([1024L, 1024L, 452L], seen.Select(tile => tile.shape[0]));
            // The last one was written over both before.
            Assert.All(seen, tile => Assert.Equal(3f, tile[0L, 0L].item<float>()));
            seen.ForEach(tile => tile.Dispose());
            seen.Clear();
        }
    }

    [Fact]
    public void A_matrix_of_one_tile_is_expanded_once()
    {
        using var scope = NewDisposeScope();
        var rows = new List<long>();
        var product = TiledProduct.Forward(ones(2, 8), [3, 8], (_, into) => rows.Add(into.fill_(2).shape[0]));
        Assert.Equal([3L], rows);
        Assert.True(product.eq(16).all().item<bool>());
    }
}
