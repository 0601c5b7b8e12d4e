using Serverless.Learning.Models;
using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Training;

/// <summary>
/// The weights that train, laid one behind the other in one float32 tensor, and their gradients in another. The decoder's weights become
/// views of it, so one pass over memory clips, updates or saves everything. Owns both tensors; the views stay valid as long as it lives.
/// </summary>
internal sealed class FlatParameters : IDisposable
{
    public FlatParameters(IEnumerable<Weight> weights)
    {
        using var scope = NewDisposeScope();
        var items = new List<FlatParameter>();
        var offset = 0L;
        foreach (var weight in weights)
        {
            items.Add(new FlatParameter(weight, offset, weight.Value.numel()));
            offset += weight.Value.numel();
        }
        Items = items;
        Values = zeros([offset]).DetachFromDisposeScope();
        Gradients = zeros([offset]).DetachFromDisposeScope();
        foreach (var item in items)
        {
            var view = View(Values, item).view(item.Weight.Value.shape).detach();
            view.copy_(item.Weight.Value);
            view.requires_grad_(true);
            view.grad = View(Gradients, item).view(view.shape);
            item.Weight.Replace(view.DetachFromDisposeScope());
        }
    }

    public IReadOnlyList<FlatParameter> Items { get; }

    /// <summary>[number of trainable weights], float32.</summary>
    public Tensor Values { get; }

    /// <summary>[number of trainable weights], float32; backward passes add to it in place.</summary>
    public Tensor Gradients { get; }

    public static Tensor View(Tensor flat, FlatParameter item) => flat.narrow(0, item.Offset, item.Length);

    /// <summary>The global L2 norm of the gradients, in double precision over blocks of fixed size.</summary>
    public double GradientNorm()
    {
        using var scope = NewDisposeScope();
        return Math.Sqrt(Items.Sum(item => (double)View(Gradients, item).Squared().sum(ScalarType.Float64).item<double>()));
    }

    /// <summary>Exchanges the weights with a copy of the same size, in place.</summary>
    public void Exchange(Tensor other)
    {
        using var noGradient = no_grad();
        using var present = Values.clone();
        Values.copy_(other);
        other.copy_(present);
    }

    public void Dispose()
    {
        Values.Dispose();
        Gradients.Dispose();
    }
}

/// <summary>One weight's place in the flat tensors.</summary>
internal sealed record FlatParameter(Weight Weight, long Offset, long Length)
{
    public string Name => Weight.Name;

    /// <summary>Matrices decay, norms and biases do not.</summary>
    public bool Decays => Weight.Value.dim() >= 2;
}
