using Serverless.Learning.Kernels;
using Serverless.Learning.Native;
using Serverless.Learning.Tests.Native;

namespace Serverless.Learning.Tests.Kernels;

/// <summary>Kernels that follow each other within one run of the team: each sees all that the one before has written.</summary>
[Collection(NativeState.Collection)]
public sealed unsafe class TeamShareTests : IDisposable
{
    public TeamShareTests() => NativeRuntime.EnsureLoaded();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void A_kernel_begins_when_all_slices_of_the_one_before_have_ended(int threads)
    {
        NativeRuntime.SetThreads(threads);
        var sums = new Sums(kernels: 300);
        for (var round = 0; round < 20; round++)
        {
            sums.Clear();
            ThreadTeam.Run(sums, threads);
            Assert.Equal(Enumerable.Repeat(300, Sums.Places), sums.Values);
        }
    }

    [Fact]
    public void A_sequence_without_a_second_thread_runs_on_its_own()
    {
        NativeRuntime.SetThreads(2);
        var sums = new Sums(kernels: 3);
        sums.Clear();
        ThreadTeam.Run(sums, threads: 1);
        Assert.Equal(Enumerable.Repeat(3, Sums.Places), sums.Values);
    }

    public void Dispose() => NativeRuntime.SetThreads(1);

    /// <summary>Each kernel reads all of one half of the numbers, and each slice writes the least plus one into its place of the other: one that ran too early shows.</summary>
    private sealed class Sums(int kernels) : ITeamSequence
    {
        public const int Places = 13;
        private readonly PinnedMemory<int> memory = new();
        private int* both;

        public int Kernels => kernels;

        public IEnumerable<int> Values => Enumerable.Range(0, Places).Select(place => ValueAt(place));

        public void Clear()
        {
            memory.Reset();
            both = memory.Take(2 * Places);
            new Span<int>(both, 2 * Places).Clear();
        }

        public void Run(ref TeamShare share)
        {
            for (var kernel = 0; kernel < kernels; kernel++)
                share.Do(Places, new AddOne { From = both + kernel % 2 * Places, To = both + (kernel + 1) % 2 * Places });
        }

        private int ValueAt(int place) => both[kernels % 2 * Places + place];
    }

    private struct AddOne : ISlicedKernel
    {
        public int* From, To;

        public readonly void Run(int slice)
        {
            var least = int.MaxValue;
            for (var place = 0; place < Sums.Places; place++) least = Math.Min(least, From[place]);
            To[slice] = least + 1;
        }
    }
}
