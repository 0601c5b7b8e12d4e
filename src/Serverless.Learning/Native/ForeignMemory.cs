using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Serverless.Learning.Native;

/// <summary>Tensors over memory that libtorch did not allocate, such as the pages of a file.</summary>
internal static unsafe class ForeignMemory
{
    /// <summary>What keeps the memory, by the address of its first element.</summary>
    private static readonly ConcurrentDictionary<nint, IDisposable> Owners = new();

    /// <summary>How many pieces of memory are in use.</summary>
    public static int Count => Owners.Count;

    /// <summary>A tensor over elements that lie one behind the other; nothing is copied.</summary>
    /// <param name="elements">The first one; the address of no other tensor of this kind.</param>
    /// <param name="shape">At least one element in all.</param>
    /// <param name="owner">Disposed when the tensor and all views of it are gone, on whatever thread that is; at once if this throws.</param>
    /// <returns>A CPU tensor, owned by the caller.</returns>
    public static Tensor Over(void* elements, IReadOnlyList<long> shape, ScalarType dtype, IDisposable owner)
    {
        if (!Owners.TryAdd((nint)elements, owner))
        {
            owner.Dispose();
            throw new ArgumentException("a tensor begins there already", nameof(elements));
        }
        long[] sizes = [.. shape];
        nint handle;
        fixed (long* first = sizes)
            handle = TorchSharpCalls.NewOver(elements, &Release, first, sizes.Length, (sbyte)dtype, (sbyte)dtype, device: 0, deviceIndex: 0, requiresGradient: 0);
        if (handle != 0)
            return Tensor.UnsafeCreateTensor(handle);
        Free((nint)elements);
        CheckForErrors();
        throw new InvalidOperationException("libtorch gave neither a tensor nor a fault");
    }

    /// <summary>Whether a tensor begins where one of these does.</summary>
    public static bool Holds(Tensor tensor) => Owners.ContainsKey((nint)TorchSharpCalls.Data(tensor.Handle));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Release(void* elements) => Free((nint)elements);

    private static void Free(nint elements)
    {
        if (Owners.TryRemove(elements, out var owner)) owner.Dispose();
    }
}
