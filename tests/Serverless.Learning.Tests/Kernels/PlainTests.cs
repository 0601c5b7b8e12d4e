using Serverless.Learning.Kernels;
using Serverless.Learning.Native;
using Serverless.Learning.Tests.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Kernels;

[Collection(NativeState.Collection)]
public sealed class PlainTests
{
    public PlainTests()
    {
        NativeRuntime.EnsureLoaded();
        NativeRuntime.SetThreads(1);
    }

    [Fact]
    public void Attention_over_packed_documents_equals_attention_over_each_alone()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var (q, k, v) = (randn(1, 4, 7, 8), randn(1, 2, 7, 8), randn(1, 2, 7, 8));
        var packed = Plain.CausalAttention(q, k, v, tensor(new long[] { 0, 0, 0, 1, 1, 1, 1 }).view(1, 7), 0.5);
        var first = Plain.CausalAttention(q.narrow(2, 0, 3), k.narrow(2, 0, 3), v.narrow(2, 0, 3), null, 0.5);
        var second = Plain.CausalAttention(q.narrow(2, 3, 4), k.narrow(2, 3, 4), v.narrow(2, 3, 4), null, 0.5);
        Assert.Equal([1, 7, 32], packed.shape);
        // Other summation orders: a few units in the last place of values around 1.
        Assert.True(packed.allclose(cat([first, second], 1), 1e-5, 1e-6));
    }

    [Fact]
    public void Attention_of_the_last_query_alone_equals_the_last_row_of_all()
    {
        using var scope = NewDisposeScope();
        manual_seed(2);
        var (q, k, v) = (randn(2, 4, 6, 8), randn(2, 4, 6, 8), randn(2, 4, 6, 8));
        var documents = tensor(new long[] { 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 }).view(2, 6);
        var all = Plain.CausalAttention(q, k, v, documents, 0.35);
        var last = Plain.CausalAttention(q.narrow(2, 5, 1), k, v, documents, 0.35);
        Assert.True(last.allclose(all.narrow(1, 5, 1), 1e-5, 1e-6));
    }

    [Fact]
    public void Through_a_window_a_query_sees_itself_and_those_just_before()
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var (q, k, v) = (randn(1, 2, 9, 8), randn(1, 2, 9, 8), randn(1, 2, 9, 8));
        var all = Plain.CausalAttention(q, k, v, null, 0.5, window: 3);
        for (var query = 0; query < 9; query++)
        {
            var first = Math.Max(0, query - 2);
            var own = Plain.CausalAttention(
                q.narrow(2, query, 1), k.narrow(2, first, query - first + 1), v.narrow(2, first, query - first + 1), null, 0.5);
            Assert.True(own.allclose(all.narrow(1, query, 1), 1e-5, 1e-6));
        }
    }

    [Fact]
    public void A_soft_cap_bounds_the_scores()
    {
        using var scope = NewDisposeScope();
        // Scores of 100 and 0 with a cap of 2 are 2 and 0: probabilities e^2 : 1.
        var (q, k, v) = (ones(1, 1, 1, 1) * 10, tensor(new float[] { 10, 0 }).view(1, 1, 2, 1), tensor(new float[] { 1, 0 }).view(1, 1, 2, 1));
        Assert.Equal(Math.Exp(2) / (Math.Exp(2) + 1), Plain.CausalAttention(q, k, v, null, 1, softCap: 2).item<float>(), 1e-5);
    }

    [Fact]
    public void GeGlu_is_GELUs_tanh_approximation_times_up()
    {
        using var scope = NewDisposeScope();
        // Values of GELU's tanh approximation from its definition, in double precision.
        double Gelu(double x) => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
        var gate = new[] { -3f, -0.5f, 0f, 0.7f, 4f };
        var found = Plain.GeGlu(tensor(gate), tensor(new[] { 2f, 2f, 2f, 2f, 2f })).data<float>().ToArray();
        for (var i = 0; i < gate.Length; i++) Assert.Equal(2 * Gelu(gate[i]), found[i], 1e-5);
    }

    [Fact]
    public void Rotary_positions_match_the_rotation_written_out()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new float[] { 1, 2, 3, 4 }).view(1, 1, 1, 4);
        var (a, b) = (0.3f, 0.7f);
        var cosine = tensor(new[] { MathF.Cos(a), MathF.Cos(b), MathF.Cos(a), MathF.Cos(b) }).view(1, 4);
        var sine = tensor(new[] { MathF.Sin(a), MathF.Sin(b), MathF.Sin(a), MathF.Sin(b) }).view(1, 4);
        var expected = tensor(new[]
        {
            MathF.Cos(a) - 3 * MathF.Sin(a), 2 * MathF.Cos(b) - 4 * MathF.Sin(b),
            3 * MathF.Cos(a) + MathF.Sin(a), 4 * MathF.Cos(b) + 2 * MathF.Sin(b),
        });
        Assert.True(Plain.RotaryEmbedding(x, cosine, sine).view(4).allclose(expected, 1e-6, 1e-6));
    }
}
