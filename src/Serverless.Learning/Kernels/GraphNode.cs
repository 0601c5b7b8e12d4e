using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Kernels;

/// <summary>Gradients of the inputs, in their order, from those of the outputs; null where there is none. Called at most once.</summary>
internal delegate Tensor?[] BackwardPass(Tensor?[] gradients);

/// <summary>
/// A node of libtorch's autograd graph whose backward pass is C#. Instances are reused, together with the native entry points that
/// call them. Unlike libtorch's own nodes it frees what it saved as soon as its backward pass has run, so a graph can be walked once.
/// </summary>
internal sealed unsafe class GraphNode
{
    private const int MostInputs = 8;
    private static readonly ConcurrentBag<GraphNode> Idle = [];
    private static readonly List<GraphNode> All = [];

    [ThreadStatic]
    private static GraphNode? lastApplied;

    [ThreadStatic]
    private static nint* wrapped;

    private readonly Apply apply;
    private readonly Action delete;
    private readonly nint applyEntry, deleteEntry;
    private readonly nint* returned = (nint*)NativeMemory.Alloc(MostInputs, (nuint)sizeof(nint));
    private readonly List<Tensor> handedOver = [];
    private Tensor[] saved = [];
    private BackwardPass? backward;

    private GraphNode()
    {
        apply = RunBackward;
        delete = Retire;
        applyEntry = Marshal.GetFunctionPointerForDelegate(apply);
        deleteEntry = Marshal.GetFunctionPointerForDelegate(delete);
        lock (All) All.Add(this);
    }

    private delegate TorchSharpCalls.TensorArray Apply(nint* gradients, int count);

    /// <summary>Whether an operation on these inputs must be recorded.</summary>
    public static bool IsNeeded(params ReadOnlySpan<Tensor> inputs)
    {
        if (!is_grad_enabled()) return false;
        foreach (var input in inputs)
        {
            if (input.requires_grad) return true;
        }
        return false;
    }

    /// <summary>Makes outputs, computed outside the graph, functions of the inputs.</summary>
    /// <param name="saved">Tensors the backward pass reads: taken over, freed after it. Use <see cref="Keep"/> for those of others.</param>
    public static void Record(ReadOnlySpan<Tensor> outputs, ReadOnlySpan<Tensor> inputs, Tensor[] saved, BackwardPass backward)
    {
        if (!Idle.TryTake(out var node)) node = new GraphNode();
        node.saved = saved;
        node.backward = backward;
        var native = TorchSharpCalls.NewNode(node.applyEntry, node.deleteEntry);
        var inputHandles = stackalloc nint[MostInputs];
        var outputHandles = stackalloc nint[MostInputs];
        var inputArray = Handles(inputs, inputHandles);
        TorchSharpCalls.SetNextEdges(native, inputArray, 1);
        // The outputs themselves become part of the graph; the second handles that this call returns are not needed.
        TorchSharpCalls.WrapOutputs(inputArray, default, default, Handles(outputs, outputHandles), native, &Allocate);
        for (var i = 0; i < outputs.Length; i++) TorchSharpCalls.Dispose(wrapped[i]);
        TorchSharpCalls.ReleaseStrong(native);
        TorchSharpCalls.ReleaseWeak(native);
        CheckForErrors();
    }

    /// <summary>A tensor with the same memory that outlives the caller's dispose scope and holds no graph.</summary>
    public static Tensor Keep(Tensor tensor) => tensor.detach().DetachFromDisposeScope();

    private static TorchSharpCalls.TensorArray Handles(ReadOnlySpan<Tensor> tensors, nint* handles)
    {
        for (var i = 0; i < tensors.Length; i++) handles[i] = tensors[i].Handle;
        return new TorchSharpCalls.TensorArray { Tensors = handles, Count = tensors.Length };
    }

    [UnmanagedCallersOnly]
    private static nint* Allocate(nuint count)
    {
        if (wrapped == null) wrapped = (nint*)NativeMemory.Alloc(MostInputs, (nuint)sizeof(nint));
        return wrapped;
    }

    /// <summary>
    /// Called by the engine. An exception must not cross native frames: the engine is then given no gradients at all, which it
    /// refuses with an error of its own, and the cause is kept for <see cref="AutogradGraph"/>.
    /// </summary>
    private TorchSharpCalls.TensorArray RunBackward(nint* gradients, int count)
    {
        lastApplied?.ReleaseHandedOver();
        lastApplied = this;
        try
        {
            using var scope = NewDisposeScope();
            using var outside = no_grad();
            var incoming = new Tensor?[count];
            for (var i = 0; i < count; i++) incoming[i] = gradients[i] == 0 ? null : Tensor.UnsafeCreateTensor(gradients[i]);
            var pass = backward ?? throw new InvalidOperationException("The graph was walked before; what it needs is freed.");
            backward = null;
            var outgoing = pass(incoming);
            if (lastApplied != this)
            {
                // The pass walked a graph of its own, whose engine has taken what its last node handed over.
                lastApplied?.ReleaseHandedOver();
                lastApplied = this;
            }
            for (var i = 0; i < outgoing.Length; i++)
            {
                returned[i] = outgoing[i]?.Handle ?? 0;
                // The engine copies the reference after this call has returned.
                if (outgoing[i] is { } gradient) handedOver.Add(gradient.DetachFromDisposeScope());
            }
            ReleaseSaved();
            return new TorchSharpCalls.TensorArray { Tensors = returned, Count = outgoing.Length };
        }
        catch (Exception fault)
        {
            AutogradGraph.Fail(fault);
            return default;
        }
    }

    /// <summary>Called when the graph is gone, on whichever thread let go of it.</summary>
    private void Retire()
    {
        if (lastApplied == this) lastApplied = null;
        backward = null;
        ReleaseHandedOver();
        ReleaseSaved();
        Idle.Add(this);
    }

    private void ReleaseHandedOver()
    {
        foreach (var tensor in handedOver) tensor.Dispose();
        handedOver.Clear();
    }

    private void ReleaseSaved()
    {
        foreach (var tensor in saved) tensor.Dispose();
        saved = [];
    }
}
