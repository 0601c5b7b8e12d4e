using TorchSharp;

namespace Serverless.Learning.Models;

/// <summary>
/// A named weight of a decoder. The tensor behind the name can be exchanged (a trainer moves it into its flat master), the name and the
/// shape stay. The weight owns its tensor.
/// </summary>
public sealed class Weight(string name, torch.Tensor value) : IDisposable
{
    /// <summary>The Hugging Face name, such as <c>model.layers.0.self_attn.q_proj.weight</c>.</summary>
    public string Name { get; } = name;

    public torch.Tensor Value { get; private set; } = value;

    /// <summary>Puts another tensor of the same shape in place and disposes the old one.</summary>
    public void Replace(torch.Tensor value)
    {
        if (!value.shape.SequenceEqual(Value.shape))
            throw new ArgumentException($"{Name}: shape [{string.Join(", ", value.shape)}] in place of [{string.Join(", ", Value.shape)}]");
        Value.Dispose();
        Value = value;
    }

    public void Dispose() => Value.Dispose();
}
