using System.Runtime.InteropServices;

namespace Serverless.Learning.Native;

/// <summary>
/// Functions of TorchSharp's native library that its managed part keeps to itself or wraps at a cost: the address of a tensor's data, tensors over
/// memory that is there, and nodes of the autograd graph (TorchSharp's own custom functions allocate a second copy of every output).
/// </summary>
internal static unsafe partial class TorchSharpCalls
{
    private const string Library = "LibTorchSharp";
    private static nint loaded;

    static TorchSharpCalls() =>
        NativeLibrary.SetDllImportResolver(typeof(TorchSharpCalls).Assembly, (name, _, _) => name == Library ? loaded : 0);

    /// <summary>A node under construction: one strong and one weak native reference.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct NodeReferences
    {
        public nint Strong;
        public nint Weak;
    }

    /// <summary>Addresses of native tensors.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct TensorArray
    {
        public nint* Tensors;
        public long Count;
    }

    [LibraryImport(Library, EntryPoint = "THSTensor_data")]
    public static partial void* Data(nint tensor);

    /// <summary>A tensor over memory that stays where it is.</summary>
    /// <param name="release">Called with <paramref name="data"/> when the last tensor over it is gone, on whatever thread that is.</param>
    /// <param name="stored">The dtype of the elements.</param>
    /// <param name="dtype">The tensor's; if it is another one, the elements are copied.</param>
    /// <param name="device">0: the processor's memory.</param>
    /// <returns>The tensor, or 0 and a fault that <see cref="TorchSharp.torch.CheckForErrors"/> throws.</returns>
    [LibraryImport(Library, EntryPoint = "THSTensor_new")]
    public static partial nint NewOver(
        void* data, delegate* unmanaged[Cdecl]<void*, void> release, long* sizes, int dimensions, sbyte stored, sbyte dtype, int device, int deviceIndex, byte requiresGradient);

    [LibraryImport(Library, EntryPoint = "THSTensor_dispose")]
    public static partial void Dispose(nint tensor);

    [LibraryImport(Library, EntryPoint = "THSAutograd_CSharpNode_ctor")]
    public static partial NodeReferences NewNode(nint apply, nint delete);

    [LibraryImport(Library, EntryPoint = "THSAutograd_CSharpNode_disposeSharedPtr")]
    public static partial void ReleaseStrong(NodeReferences node);

    [LibraryImport(Library, EntryPoint = "THSAutograd_CSharpNode_disposeWeakPtr")]
    public static partial void ReleaseWeak(NodeReferences node);

    [LibraryImport(Library, EntryPoint = "THSAutograd_CSharpNode_setNextEdges")]
    public static partial void SetNextEdges(NodeReferences node, TensorArray inputs, byte isExecutable);

    [LibraryImport(Library, EntryPoint = "THSAutograd_Function_wrapOutputs")]
    public static partial void WrapOutputs(
        TensorArray inputs, TensorArray notDifferentiable, TensorArray changed, TensorArray outputs, NodeReferences node,
        delegate* unmanaged<nuint, nint*> allocate);

    /// <summary>Lets the calls above reach the library that is already loaded, wherever it came from.</summary>
    public static void Use(nint library) => loaded = library;
}
