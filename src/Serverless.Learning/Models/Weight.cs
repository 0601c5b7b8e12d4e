using Serverless.Learning.Kernels;
using Serverless.Learning.Native;
using Serverless.Learning.Quantization;
using TorchSharp;

namespace Serverless.Learning.Models;

/// <summary>
/// A named weight of a decoder. The tensor behind the name can be exchanged (a trainer moves it into its flat master) or, for a matrix
/// that stays frozen, be quantised; the name and the shape stay. The weight owns what it holds.
/// </summary>
public sealed class Weight : IDisposable
{
    private torch.Tensor? value;
    private RowFactor? factor;
    private FrozenMatrix? frozen;
    private nint numbers;

    public Weight(string name, torch.Tensor value) => (Name, Shape, this.value) = (name, value.Sizes(), value);

    public Weight(string name, IQuantizedMatrix quantized) => (Name, Shape, Quantized) = (name, quantized.Shape, quantized);

    /// <summary>The Hugging Face name, such as <c>model.layers.0.self_attn.q_proj.weight</c>.</summary>
    public string Name { get; }

    public long[] Shape { get; }

    /// <summary>The values in few bits, or null while they are a tensor.</summary>
    public IQuantizedMatrix? Quantized { get; private set; }

    /// <summary>The bytes of memory that it takes; none where it is the pages of a file, of which the system has one copy for all and drops it when it needs the room.</summary>
    public long OwnBytes => Quantized?.Bytes ?? (ForeignMemory.Holds(Value) ? 0 : Value.numel() * Value.element_size());

    /// <exception cref="InvalidOperationException">The weight is quantised.</exception>
    public torch.Tensor Value => value ?? throw new InvalidOperationException($"{Name} is quantised and has no tensor");

    internal bool IsBFloat16 => value?.dtype == torch.ScalarType.BFloat16;

    /// <summary>The product with this matrix [out, in] as a frozen or trained factor.</summary>
    /// <param name="input">[N, in], float32 or bfloat16; the product is computed in this dtype.</param>
    /// <returns>[N, out], the input's dtype, owned by the caller's dispose scope.</returns>
    public torch.Tensor Multiply(torch.Tensor input) => Frozen is { } matrix
        ? matrix.Multiply(input)
        : torch.nn.functional.linear(input, Value.to(input.dtype));

    /// <summary>The matrix as products of many rows read it; null where it trains. Must not be held on to when another tensor is put in place.</summary>
    internal FrozenMatrix? Frozen => Quantized is { } codes
        ? frozen ??= new FrozenMatrix(codes.Shape, codes.Expand)
        : Value.requires_grad ? null : frozen ??= new FrozenMatrix(Value);

    /// <summary>
    /// Products of one input with frozen matrices [out, in], as a text that grows needs them: few rows are multiplied by a kernel of their own,
    /// each with the same bits whatever rows are beside it.
    /// </summary>
    /// <param name="input">[N, in], float32 or bfloat16.</param>
    /// <returns>[N, out] each, the input's dtype, without a gradient, owned by the caller's dispose scope.</returns>
    internal static torch.Tensor[] MultiplyFrozen(torch.Tensor input, params ReadOnlySpan<Weight> weights)
    {
        var factors = new RowFactor[weights.Length];
        var isFew = input.size(0) <= Fused.FewRows;
        for (var i = 0; i < factors.Length && isFew; i++)
        {
            factors[i] = weights[i].Factor!;
            isFew = factors[i] is not null;
        }
        if (isFew) return LayerOperations.RowProducts(input, factors);
        using var noGradient = torch.no_grad();
        var products = new torch.Tensor[weights.Length];
        for (var i = 0; i < products.Length; i++) products[i] = weights[i].Multiply(input);
        return products;
    }

    /// <summary>The matrix as products of few rows read it; null where there is no kernel for how it stands in memory.</summary>
    internal RowFactor? Factor => Quantized switch
    {
        null => factor ??= RowFactor.Of(Value),
        Int8Matrix codes => codes.Factor,
        _ => null,
    };

    /// <summary>
    /// The numbers of a vector such as a norm's or a bias, which always are float32, until another tensor is put in place. Asking a tensor for its
    /// address costs a call of the native library.
    /// </summary>
    internal unsafe float* Numbers => (float*)(numbers != 0 ? numbers : numbers = (nint)TensorMemory.Floats(Value));

    /// <summary>Some rows of this matrix, as an embedding is read.</summary>
    /// <param name="rows">[N], int64.</param>
    /// <returns>[N, in], float32, owned by the caller's dispose scope.</returns>
    public torch.Tensor TakeRows(torch.Tensor rows) => Quantized is Int8Matrix codes
        ? codes.TakeRows(rows)
        : Value.index_select(0, rows).to(torch.ScalarType.Float32);

    /// <summary>The sum of squares of each row of this matrix, [out], float32, owned by the caller's dispose scope.</summary>
    public torch.Tensor RowSquares() => (Frozen ?? new FrozenMatrix(Value)).RowSquares();

    /// <summary>Rounds this matrix to NF4 and frees its tensor; nothing to do if it is quantised.</summary>
    public void Quantize()
    {
        if (Quantized is not null) return;
        Quantized = Nf4Matrix.Quantize(Value);
        Value.Dispose();
        (value, factor, frozen, numbers) = (null, null, null, 0);
    }

    /// <summary>Puts another tensor of the same shape in place and disposes the old one.</summary>
    public void Replace(torch.Tensor value)
    {
        if (!value.Sizes().SequenceEqual(Shape))
            throw new ArgumentException($"{Name}: shape [{string.Join(", ", value.Sizes())}] in place of [{string.Join(", ", Shape)}]");
        Value.Dispose();
        (this.value, factor, frozen, numbers) = (value, null, null, 0);
    }

    public void Dispose()
    {
        value?.Dispose();
        Quantized?.Dispose();
    }
}
