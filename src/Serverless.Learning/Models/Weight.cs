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

    public Weight(string name, torch.Tensor value) => (Name, Shape, this.value) = (name, value.shape, value);

    public Weight(string name, Nf4Matrix quantized) => (Name, Shape, Quantized) = (name, quantized.Shape, quantized);

    /// <summary>The Hugging Face name, such as <c>model.layers.0.self_attn.q_proj.weight</c>.</summary>
    public string Name { get; }

    public long[] Shape { get; }

    /// <summary>The values in 4 bits, or null while they are a tensor.</summary>
    public Nf4Matrix? Quantized { get; private set; }

    /// <exception cref="InvalidOperationException">The weight is quantised.</exception>
    public torch.Tensor Value => value ?? throw new InvalidOperationException($"{Name} is kept in NF4 and has no tensor");

    /// <summary>The product with this matrix [out, in] as a frozen or trained factor.</summary>
    /// <param name="input">[N, in], float32 or bfloat16; the product is computed in this dtype.</param>
    /// <returns>[N, out], the input's dtype, owned by the caller's dispose scope.</returns>
    public torch.Tensor Multiply(torch.Tensor input) => Quantized is null
        ? torch.nn.functional.linear(input, Value.to(input.dtype))
        : Nf4Product.Multiply(input, Quantized);

    /// <summary>The sum of squares of each row of this matrix, [out], float32, owned by the caller's dispose scope.</summary>
    public torch.Tensor RowSquares()
    {
        using var noGradient = torch.no_grad();
        return Quantized?.RowSquares() ?? Value.to(torch.ScalarType.Float32).square().sum(1);
    }

    /// <summary>Rounds this matrix to NF4 and frees its tensor; nothing to do if it is quantised.</summary>
    public void Quantize()
    {
        if (Quantized is not null) return;
        Quantized = Nf4Matrix.Quantize(Value);
        Value.Dispose();
        value = null;
    }

    /// <summary>Puts another tensor of the same shape in place and disposes the old one.</summary>
    public void Replace(torch.Tensor value)
    {
        if (!value.shape.SequenceEqual(Shape))
            throw new ArgumentException($"{Name}: shape [{string.Join(", ", value.shape)}] in place of [{string.Join(", ", Shape)}]");
        Value.Dispose();
        this.value = value;
    }

    public void Dispose()
    {
        value?.Dispose();
        Quantized?.Dispose();
    }
}
