using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Kernels;

/// <summary>
/// The decoder's operations as compositions of TorchSharp's own: the reference that <see cref="Fused"/> is tested against, and
/// the path for dtypes and shapes that it does not take. Every returned tensor belongs to the caller's dispose scope, which must be there: where a method
/// has none of its own, nothing else keeps alive what it makes on the way (see <see cref="Operand"/>).
/// </summary>
public static class Plain
{
    /// <summary>y = x / sqrt(mean(x^2) + epsilon) * weight over the last dimension, computed in fp32 (Zhang and Sennrich 2019, eq. 4).</summary>
    /// <param name="x">[..., D].</param>
    /// <param name="weight">[D].</param>
    /// <param name="dtype">Of the result; x's unless named.</param>
    /// <returns>x's shape.</returns>
    public static Tensor RmsNorm(Tensor x, Tensor weight, double epsilon, ScalarType? dtype = null)
    {
        using var scope = NewDisposeScope();
        var wide = x.to(ScalarType.Float32);
        var inverse = wide.Squared().mean([-1], keepdim: true).Plus(epsilon).rsqrt();
        return (wide * inverse * weight).to(dtype ?? x.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>What a branch adds to the residual stream, and the norm of the sum that the next branch begins with.</summary>
    /// <param name="stream">[..., D], float32.</param>
    /// <param name="branch">Of stream's shape, any float dtype; null where nothing is added.</param>
    /// <param name="weight">[D].</param>
    /// <param name="dtype">Of the norm.</param>
    /// <returns>The sum, float32, and its <see cref="RmsNorm"/>, each of stream's shape.</returns>
    public static (Tensor Sum, Tensor Normed) AddNorm(Tensor stream, Tensor? branch, Tensor weight, double epsilon, ScalarType dtype)
    {
        var sum = branch is null ? stream.alias() : AddBranch(stream, branch);
        return (sum, RmsNorm(sum, weight, epsilon, dtype));
    }

    /// <summary>stream + branch.</summary>
    /// <param name="stream">Any shape, float32.</param>
    /// <param name="branch">Of stream's shape, any float dtype.</param>
    /// <returns>Of stream's shape, float32.</returns>
    public static Tensor AddBranch(Tensor stream, Tensor branch) => stream.Plus(branch);

    /// <summary>
    /// Rotary positions (Su et al. 2021) in Hugging Face's layout: of the first R channels the pairs are (i, i + R/2); the others pass.
    /// </summary>
    /// <param name="x">[B, H, T, Dh], any strides.</param>
    /// <param name="cos">[T, R] or [B, T, R], R even and at most Dh, both halves equal.</param>
    /// <param name="sin">Of cos's shape.</param>
    /// <returns>[B, H, T, Dh], x's dtype.</returns>
    public static Tensor RotaryEmbedding(Tensor x, Tensor cos, Tensor sin)
    {
        using var scope = NewDisposeScope();
        var (width, size) = (x.size(3), cos.size(-1));
        var half = size / 2;
        if (cos.dim() == 3) (cos, sin) = (cos.unsqueeze(1), sin.unsqueeze(1));
        var turning = size == width ? x : x.narrow(3, 0, size);
        var rotated = cat([turning.narrow(3, half, half).neg(), turning.narrow(3, 0, half)], 3);
        var turned = (turning * cos).Plus(rotated * sin).to(x.dtype);
        return (size == width ? turned : cat([turned, x.narrow(3, size, width - size)], 3)).MoveToOuterDisposeScope();
    }

    /// <summary>silu(gate) * up (Shazeer 2020, eq. 6, without the projections).</summary>
    /// <param name="gate">Any shape.</param>
    /// <param name="up">Of gate's shape.</param>
    public static Tensor SwiGlu(Tensor gate, Tensor up)
    {
        using var activated = nn.functional.silu(gate);
        return activated * up;
    }

    /// <summary>gelu(gate) * up with GELU's tanh approximation (Shazeer 2020, eq. 5, without the projections).</summary>
    /// <param name="gate">Any shape.</param>
    /// <param name="up">Of gate's shape.</param>
    public static Tensor GeGlu(Tensor gate, Tensor up)
    {
        using var scope = NewDisposeScope();
        var wide = gate.to(ScalarType.Float32);
        var inner = wide.Plus(wide.pow(Operand.Of(3)).mul(Operand.Of(0.044715))).mul(Operand.Of(Math.Sqrt(2 / Math.PI)));
        return (wide * inner.tanh().Plus(1).mul(Operand.Of(0.5))).to(gate.dtype).mul(up).MoveToOuterDisposeScope();
    }

    /// <summary>x W^T for each of some frozen matrices W, which share x.</summary>
    /// <param name="x">[N, D], float32 or bfloat16; the products are computed in this dtype.</param>
    /// <param name="factors">[M, D] each, at least one.</param>
    /// <returns>[N, M] each, x's dtype. They have no gradient.</returns>
    public static Tensor[] RowProducts(Tensor x, params ReadOnlySpan<RowFactor> factors)
    {
        using var noGradient = no_grad();
        var products = new Tensor[factors.Length];
        for (var i = 0; i < products.Length; i++)
        {
            using var scope = NewDisposeScope();
            products[i] = nn.functional.linear(x, factors[i].Numbers(x.dtype)).MoveToOuterDisposeScope();
        }
        return products;
    }

    /// <summary>Products of x with low-rank updates: x W^T + scale (x A^T) B^T.</summary>
    /// <param name="products">x W^T, [N, M] each.</param>
    /// <param name="x">[N, D], of the products' dtype.</param>
    /// <param name="updates">That of each product, or null.</param>
    /// <returns>Of the products' shapes; they have no gradient.</returns>
    public static Tensor[] AddLowRank(Tensor[] products, Tensor x, params ReadOnlySpan<LowRankUpdate?> updates)
    {
        using var noGradient = no_grad();
        var updated = new Tensor[products.Length];
        for (var i = 0; i < products.Length; i++)
        {
            using var scope = NewDisposeScope();
            updated[i] = updates[i] is not { } update ? products[i]
                : products[i].Plus(RowProducts(RowProducts(x, update.A)[0], update.B)[0].mul(Operand.Of(update.Scale))).MoveToOuterDisposeScope();
        }
        return updated;
    }

    /// <summary><see cref="AddLowRank"/> where each row of x has updates of its own.</summary>
    /// <param name="products">x W^T, [N, M] each.</param>
    /// <param name="x">[N, D], of the products' dtype.</param>
    /// <param name="updates">N of the first product, then N of the second, and so on; null where a row has none.</param>
    /// <returns>Of the products' shapes; they have no gradient.</returns>
    public static Tensor[] AddLowRankByRow(Tensor[] products, Tensor x, params ReadOnlySpan<LowRankUpdate?> updates)
    {
        using var noGradient = no_grad();
        var updated = new Tensor[products.Length];
        for (var i = 0; i < products.Length; i++)
        {
            using var scope = NewDisposeScope();
            var rows = new List<Tensor>();
            for (var row = 0; row < x.size(0); row++)
                rows.Add(AddLowRank([products[i].narrow(0, row, 1)], x.narrow(0, row, 1), updates[i * (int)x.size(0) + row])[0]);
            updated[i] = cat(rows, 0).MoveToOuterDisposeScope();
        }
        return updated;
    }

    /// <summary>Rows by number; each may be taken several times, and then has the sum of their gradients, added in fp32.</summary>
    /// <param name="x">[N, W].</param>
    /// <param name="rows">[M] int64, each in 0..N-1.</param>
    /// <returns>[M, W].</returns>
    public static Tensor TakeRows(Tensor x, Tensor rows)
    {
        using var scope = NewDisposeScope();
        return x.to(ScalarType.Float32).index_select(0, rows).to(x.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// softmax(q k^T scale + mask) v with grouped queries: query head h reads key-value head h / (H / K). A query sees the keys up to
    /// its own position that belong to its document and lie inside the window. With a soft cap c a score s becomes c tanh(s / c) first.
    /// </summary>
    /// <param name="q">[B, H, Tq, Dh]; the last Tq of the keys' positions.</param>
    /// <param name="k">[B, K, T, Dh], T at least Tq, H a multiple of K.</param>
    /// <param name="v">[B, K, T, Dh].</param>
    /// <param name="documents">[B, T] int64: which document each position belongs to (padding is one of its own, too), or null for a single one.</param>
    /// <param name="scale">Usually 1 / sqrt(Dh).</param>
    /// <param name="window">How many keys a query sees, its own included; null for all.</param>
    /// <param name="softCap">c, or null for none.</param>
    /// <returns>[B, Tq, H * Dh], contiguous: what the output projection takes.</returns>
    public static Tensor CausalAttention(
        Tensor q, Tensor k, Tensor v, Tensor? documents, double scale, int? window = null, double? softCap = null)
    {
        using var scope = NewDisposeScope();
        var (batch, queries, keys) = (q.size(0), q.size(2), k.size(2));
        var reach = ones([queries, keys], dtype: ScalarType.Bool).tril(keys - queries);
        if (window < keys) reach = reach.triu(keys - queries - window.Value + 1);
        var visible = reach.view(1, queries, keys);
        if (documents is not null)
        {
            var own = documents.narrow(1, keys - queries, queries).unsqueeze(2).eq(documents.unsqueeze(1));
            visible = visible.logical_and(own.view(batch, queries, keys));
        }
        return Attention(q, k, v, visible, scale, softCap).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// <see cref="CausalAttention"/> of T new tokens in each of B rows whose keys lie in slots of a cache, each row's from the slot's beginning. The
    /// rows are of different lengths; a query sees its row's keys up to its own position.
    /// </summary>
    /// <param name="q">[B, H, T, Dh], float32 or bfloat16.</param>
    /// <param name="keys">[slots, K, S, Dh], float32, those of the new tokens stored.</param>
    /// <param name="values">Of the same shape.</param>
    /// <param name="slots">[B]: each row's slot.</param>
    /// <param name="lengths">[B]: how many tokens each row has before the new ones.</param>
    /// <param name="scale">Usually 1 / sqrt(Dh).</param>
    /// <param name="window">How many keys a query sees, its own included; null for all.</param>
    /// <param name="softCap">c, or null for none.</param>
    /// <returns>[B, T, H * Dh], q's dtype, contiguous. Has no gradient.</returns>
    public static Tensor CachedAttention(
        Tensor q, Tensor keys, Tensor values, int[] slots, int[] lengths, double scale, int? window = null, double? softCap = null)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var (batch, time) = (q.size(0), q.size(2));
        var longest = lengths.Max() + time;
        var index = Numbers(slots);
        var (k, v) = (keys.narrow(2, 0, longest).index_select(0, index), values.narrow(2, 0, longest).index_select(0, index));
        var at = Numbers([.. Enumerable.Range(0, (int)longest)]);
        var visible = at.le(Positions(0));
        if (window is { } most) visible = visible.logical_and(at.gt(Positions(-most)));
        // Behind a row's last token lies whatever memory holds, perhaps no number at all.
        var unused = visible.any(1).logical_not().view(batch, 1, longest, 1);
        return Attention(q.to(ScalarType.Float32), k, v.masked_fill(unused, Operand.Of(0)), visible, scale, softCap).to(q.dtype).MoveToOuterDisposeScope();

        // The queries' own, moved by some: [B, T, 1].
        Tensor Positions(int shift) => Numbers([.. lengths.SelectMany(length => Enumerable.Range(length + shift, (int)time))]).view(batch, time, 1);
    }

    /// <summary>Writes T vectors of each of B rows into its slot of a cache, behind those that the row has.</summary>
    /// <param name="rows">[B, K, T, Dh], float32 or bfloat16.</param>
    /// <param name="into">[slots, K, S, Dh], float32.</param>
    /// <param name="slots">[B].</param>
    /// <param name="lengths">[B].</param>
    public static void StoreRows(Tensor rows, Tensor into, int[] slots, int[] lengths)
    {
        using var noGradient = no_grad();
        for (var row = 0; row < slots.Length; row++)
        {
            using var scope = NewDisposeScope();
            into.select(0, slots[row]).narrow(1, lengths[row], rows.size(2)).copy_(rows.select(0, row));
        }
    }

    /// <param name="visible">[B or 1, T, S]: which keys each query sees; at least one.</param>
    private static Tensor Attention(Tensor q, Tensor k, Tensor v, Tensor visible, double scale, double? softCap)
    {
        var (batch, heads, queries, width) = (q.size(0), q.size(1), q.size(2), q.size(3));
        var (groups, keys) = (k.size(1), k.size(2));
        var grouped = q.reshape(batch, groups, heads / groups * queries, width);
        var scores = matmul(grouped, k.transpose(2, 3)).mul(Operand.Of(scale)).view(batch, groups, heads / groups, queries, keys);
        if (softCap is { } cap) scores = scores.div(Operand.Of(cap)).tanh().mul(Operand.Of(cap));
        var hidden = visible.logical_not().view(-1, 1, 1, queries, keys);
        var probabilities = scores.masked_fill(hidden, Operand.Of(double.NegativeInfinity)).softmax(-1, ScalarType.Float32).to(q.dtype);
        var mixed = matmul(probabilities.view(batch, groups, heads / groups * queries, keys), v);
        return mixed.view(batch, heads, queries, width).transpose(1, 2).reshape(batch, queries, heads * width);
    }

    private static Tensor Numbers(int[] numbers) => tensor(numbers.Select(number => (long)number).ToArray());

    /// <summary>scale times the sum over rows of -log softmax(logits)[target].</summary>
    /// <param name="logits">[N, V].</param>
    /// <param name="targets">[N] int64, each in 0..V-1.</param>
    /// <param name="scale">Usually 1 over the step's supervised tokens.</param>
    public static CrossEntropyResult CrossEntropy(Tensor logits, Tensor targets, double scale)
    {
        using var scope = NewDisposeScope();
        var loss = nn.functional.cross_entropy(logits.to(ScalarType.Float32), targets, reduction: nn.Reduction.Sum).mul(Operand.Of(scale));
        var correct = logits.detach().argmax(-1).eq(targets).sum().item<long>();
        return new CrossEntropyResult(loss.MoveToOuterDisposeScope(), correct);
    }

    /// <summary>
    /// <see cref="CrossEntropy"/> of hidden weight^T: the language model's head and loss in one.
    /// </summary>
    /// <param name="hidden">[N, D]: only rows that are supervised. Products run in its dtype.</param>
    /// <param name="weight">[V, D], converted to hidden's dtype.</param>
    /// <param name="targets">[N] int64.</param>
    /// <param name="softCap">c where a logit z counts as c tanh(z / c), or null.</param>
    public static CrossEntropyResult LinearCrossEntropy(Tensor hidden, Tensor weight, Tensor targets, double scale, double? softCap = null)
    {
        using var head = weight.to(hidden.dtype);
        using var logits = matmul(hidden, head.t());
        if (softCap is not { } cap) return CrossEntropy(logits, targets, scale);
        using var capped = logits.div(Operand.Of(cap)).tanh_().mul(Operand.Of(cap));
        return CrossEntropy(capped, targets, scale);
    }

    /// <summary>log softmax(hidden weight^T / temperature) at the targets, and the entropy of each row's distribution.</summary>
    /// <param name="hidden">[N, D], float32 or bfloat16; the product is computed in this dtype, the rest in float32.</param>
    /// <param name="weight">[V, D], converted to hidden's dtype.</param>
    /// <param name="targets">[N], int64.</param>
    /// <param name="temperature">Above 0: that of sampling, so that what was drawn is judged by the distribution it was drawn from.</param>
    /// <param name="softCap">Bounds the logits to plus or minus this before the temperature: cap tanh(logit / cap); null for none.</param>
    public static LogProbabilities LinearLogProbabilities(Tensor hidden, Tensor weight, Tensor targets, double temperature, double? softCap = null)
    {
        using var scope = NewDisposeScope();
        var logits = matmul(hidden, weight.to(hidden.dtype).t()).to(ScalarType.Float32);
        if (softCap is { } cap) logits = logits.div(Operand.Of(cap)).tanh().mul(Operand.Of(cap));
        var all = logits.div(Operand.Of(temperature)).log_softmax(1);
        var values = all.gather(1, targets.unsqueeze(1)).squeeze(1);
        var spread = all.detach();
        return new LogProbabilities(values.MoveToOuterDisposeScope(), spread.exp().mul(spread).sum(1).neg().MoveToOuterDisposeScope());
    }
}
