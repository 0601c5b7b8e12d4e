using System.Runtime.Intrinsics;
using Serverless.Learning.Kernels;
using TorchSharp;

namespace Serverless.Learning.Native;

/// <summary>
/// Loads libtorch, with the settings it needs, before the first tensor. Everything in Learning that touches tensors calls
/// <see cref="EnsureLoaded"/> first; nothing else in this program loads libtorch.
/// </summary>
public static class NativeRuntime
{
    private static readonly Lock Gate = new();
    private static volatile bool loaded;
    private static volatile int threads = Environment.ProcessorCount;

    /// <summary>OpenMP keeps the number for each calling thread; what this one was told last.</summary>
    [ThreadStatic]
    private static int threadsHere;

    /// <summary>Threads that share one tensor operation; the processor limit of the machine or container unless set otherwise.</summary>
    public static int Threads => threads;

    /// <summary>Which implementation of the decoder's operations runs: fused on processors with AVX2 or AVX-512, unless set otherwise.</summary>
    public static KernelPath KernelPath { get; set; } = Vector256.IsHardwareAccelerated ? KernelPath.Fused : KernelPath.Plain;

    /// <summary>What results depend on besides data, options and seed. Does not load libtorch's libraries into the process.</summary>
    public static NativeFingerprint Fingerprint => new(
        LibtorchVersion, Processor.Model, Processor.InstructionSet, Threads, KernelPath,
        Precision);

    private static string Precision => MatrixPrecision.For(Processor.Maker, Processor.HasAvx512);

    /// <summary>The version of the libtorch packages in Directory.Packages.props.</summary>
    public const string LibtorchVersion = "2.10.0";

    /// <summary>
    /// Loads the native libraries once and tells the calling thread how many threads its operations use; otherwise costs two reads.
    /// Safe from any thread, and to be called again wherever work may have moved to another one.
    /// </summary>
    /// <exception cref="DllNotFoundException">A native library is missing or cannot be used on this system; the message says why.</exception>
    public static void EnsureLoaded()
    {
        if (!loaded) Load();
        if (threadsHere == threads) return;
        threadsHere = threads;
        torch.set_num_threads(threadsHere);
    }

    /// <summary>Sets how many threads share one tensor operation from now on. Results may differ in their last bits.</summary>
    /// <param name="count">At least 1.</param>
    public static void SetThreads(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        threads = count;
        if (loaded) EnsureLoaded();
    }

    private static void Load()
    {
        lock (Gate)
        {
            if (loaded) return;
            Glibc.KeepLargeBlocks();
            Glibc.LetIdleThreadsSleep();
            if (OperatingSystem.IsLinux())
            {
                var (libtorchCpu, wrapper, openMp) = LibtorchFiles.Load();
                TorchSharpCalls.Use(wrapper);
                ThreadTeam.Use(openMp);
                MatrixPrecision.Set(libtorchCpu, Precision);
                BlockProduct.Use(libtorchCpu);
            }
            torch.InitializeDeviceType(DeviceType.CPU);
            loaded = true;
        }
    }
}
