using System.Runtime.InteropServices;
using System.Text.Json;
using Serverless.Learning.Native;
using TorchSharp;

namespace Serverless.Learning.Tests.Native;

[Collection(NativeState.Collection)]
public sealed partial class NativeRuntimeTests
{
    public NativeRuntimeTests() => NativeRuntime.EnsureLoaded();

    [Fact]
    public void Loading_twice_is_harmless_and_a_matrix_product_works()
    {
        NativeRuntime.EnsureLoaded();
        using var scope = torch.NewDisposeScope();
        var product = torch.ones(3, 4).mm(torch.ones(4, 5));
        Assert.Equal(60f, product.sum().item<float>());
    }

    [Fact]
    public void Loading_from_many_threads_at_once_is_harmless()
    {
        Parallel.For(0, 16, _ =>
        {
            NativeRuntime.EnsureLoaded();
            using var ones = torch.ones(2);
            Assert.Equal(2, ones.shape[0]);
        });
    }

    [Fact]
    public void The_number_of_threads_reaches_libtorch_and_the_fingerprint()
    {
        NativeRuntime.SetThreads(2);
        Assert.Equal(2, torch.get_num_threads());
        Assert.Equal(2, NativeRuntime.Fingerprint.Threads);
        NativeRuntime.SetThreads(1);
        Assert.Equal(1, torch.get_num_threads());
        Assert.Throws<ArgumentOutOfRangeException>(() => NativeRuntime.SetThreads(0));
    }

    [Fact]
    public void A_thread_that_computed_before_follows_a_new_number_of_threads()
    {
        NativeRuntime.SetThreads(1);
        using var changed = new ManualResetEventSlim();
        using var started = new ManualResetEventSlim();
        var (before, after) = (0, 0);
        var other = new Thread(() =>
        {
            NativeRuntime.EnsureLoaded();
            before = torch.get_num_threads();
            started.Set();
            changed.Wait();
            NativeRuntime.EnsureLoaded();
            after = torch.get_num_threads();
        });
        other.Start();
        started.Wait();
        NativeRuntime.SetThreads(3);
        changed.Set();
        other.Join();
        NativeRuntime.SetThreads(1);
        Assert.Equal((1, 3), (before, after));
    }

    [Fact]
    public void What_was_freed_between_tensors_that_stay_goes_back_to_the_system()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/proc/self/statm"), "The memory of a process is read from /proc here.");
        const int Count = 256, Large = 1 << 18;
        var (freed, stay) = (new List<torch.Tensor>(), new List<torch.Tensor>());
        for (var index = 0; index < Count; index++)
        {
            freed.Add(torch.ones(Large));
            stay.Add(torch.ones(1 << 12));
        }
        freed.ForEach(tensor => tensor.Dispose());
        var kept = ResidentBytes();
        Glibc.GiveBack();
        var given = kept - ResidentBytes();
        stay.ForEach(tensor => tensor.Dispose());
        Assert.True(given > (long)Count * Large * sizeof(float) / 2, $"{given >> 20} of {Count * (Large >> 18)} MB went back");
    }

    [Fact]
    public void The_fingerprint_survives_JSON_and_names_the_library_that_is_loaded()
    {
        var fingerprint = NativeRuntime.Fingerprint;
        var text = JsonSerializer.Serialize(fingerprint);
        Assert.Equal(fingerprint, JsonSerializer.Deserialize<NativeFingerprint>(text));
        Assert.Contains("\"KernelPath\":\"", text, StringComparison.Ordinal);
        Assert.StartsWith(fingerprint.LibtorchVersion + ".", torch.__version__ + ".", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AuthenticAMD", true, "medium")]
    [InlineData("AuthenticAMD", false, "highest")]
    [InlineData("GenuineIntel", true, "highest")]
    [InlineData("Arm64", false, "highest")]
    public void Matrix_precision_follows_maker_and_instruction_set(string maker, bool hasAvx512, string precision)
    {
        Assert.Equal(OperatingSystem.IsLinux() ? precision : "highest", MatrixPrecision.For(maker, hasAvx512));
    }

    [Fact]
    public void Products_of_fp32_matrices_have_the_accuracy_of_fp32()
    {
        using var scope = torch.NewDisposeScope();
        torch.manual_seed(1);
        var (a, b) = (torch.randn(256, 512), torch.randn(512, 384));
        var exact = a.to(torch.ScalarType.Float64).mm(b.to(torch.ScalarType.Float64));
        var error = (a.mm(b).to(torch.ScalarType.Float64) - exact).norm().item<double>() / exact.norm().item<double>();
        // 512 fp32 products and sums: about 4e-7; with bf16 it would be 2e-3.
        Assert.InRange(error, 1e-9, 1e-6);
    }

    [Fact]
    public void Idle_OpenMP_threads_sleep()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "GNU OpenMP is libtorch's on Linux only.");
        Assert.NotEqual(0, getenv("OMP_WAIT_POLICY"));
    }

    [Fact]
    public void Large_tensors_are_not_mapped_one_by_one()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The setting concerns the GNU C library.");
        var before = mallinfo2().MappedBlocks;
        using var tensor = torch.ones(5 << 20);
        Assert.Equal(before, mallinfo2().MappedBlocks);
    }

    [Fact]
    public void Weights_that_are_loaded_are_mapped_one_by_one_and_go_back_to_the_system()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The setting concerns the GNU C library.");
        // More than the heap has room for; nothing is written into it.
        const long Bytes = 800 << 20;
        var before = (long)mallinfo2().MappedBytes;
        torch.Tensor weight;
        using (Glibc.MapLargeBlocks()) weight = torch.empty(Bytes, dtype: torch.ScalarType.Byte);
        Assert.True((long)mallinfo2().MappedBytes - before >= Bytes);
        weight.Dispose();
        var without = (long)mallinfo2().MappedBytes;
        Assert.True(without - before < Bytes);
        using var ofStep = torch.ones(5 << 20);
        Assert.True((long)mallinfo2().MappedBytes - without < 4 * (5 << 20));
    }

    [Fact]
    public void Large_blocks_are_mapped_until_the_last_who_asked_for_it_is_done()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The setting concerns the GNU C library.");
        IDisposable first = Glibc.MapLargeBlocks(), second = Glibc.MapLargeBlocks(), third = Glibc.MapLargeBlocks();
        second.Dispose();
        second.Dispose(); // counts once
        first.Dispose();
        Assert.InRange(MappedOf(blocks: 64), 1, 64); // more than the heap has room for; nothing is written into them
        third.Dispose();
        Assert.Equal(0, MappedOf(blocks: 4));

        static long MappedOf(int blocks)
        {
            using var scope = torch.NewDisposeScope();
            var before = mallinfo2().MappedBlocks;
            for (var block = 0; block < blocks; block++) _ = torch.empty(24 << 20, dtype: torch.ScalarType.Byte);
            return (long)mallinfo2().MappedBlocks - (long)before;
        }
    }

    /// <summary>mallinfo(3): the fifth field is the number of blocks that were mapped for one allocation each.</summary>
    [LibraryImport("libc.so.6")]
    private static partial AllocatorState mallinfo2();

    [LibraryImport("libc.so.6", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint getenv(string name);

    [StructLayout(LayoutKind.Sequential)]
    private struct AllocatorState
    {
        public nuint Arena, FreeChunks, FastChunks, MappedBlocks, MappedBytes, Unused, FastBytes, UsedBytes, FreeBytes, Releasable;
    }

    private static long ResidentBytes() =>
        long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture) * Environment.SystemPageSize;
}
