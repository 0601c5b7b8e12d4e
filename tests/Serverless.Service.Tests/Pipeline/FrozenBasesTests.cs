using Microsoft.Extensions.Time.Testing;
using Serverless.Learning.Models;
using Serverless.Learning.Native;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Tests;
using TorchSharp;

namespace Serverless.Service.Tests.Pipeline;

/// <summary>Which bases are in memory, and for how long.</summary>
public sealed class FrozenBasesTests : IDisposable
{
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(10);
    private readonly string _folder = Directory.CreateTempSubdirectory("bases-").FullName;
    private readonly FakeTimeProvider _clock = new();
    private readonly string _first;
    private readonly string _second;

    public FrozenBasesTests()
    {
        NativeRuntime.EnsureLoaded();
        _first = TinyModel.Write(Path.Combine(_folder, "first"));
        _second = TinyModel.Write(Path.Combine(_folder, "second"), seed: 2);
    }

    [Fact]
    public void All_who_use_a_base_use_the_same_weights()
    {
        using var bases = Bases();
        using var one = bases.Take(_first, MatrixStorage.Float32);
        using var other = bases.Take(_first, MatrixStorage.Float32);
        using var quantized = bases.Take(_first, MatrixStorage.Nf4);
        Assert.NotSame(one.Model, other.Model);
        Assert.Equal(one.Model.Decoder.Weights, other.Model.Decoder.Weights);
        Assert.DoesNotContain(quantized.Model.Decoder.Weights, one.Model.Decoder.Weights.Contains);
        Assert.Equal(2, bases.Count);
    }

    [Fact]
    public void A_base_that_nobody_uses_waits_for_the_next_one_for_a_while()
    {
        using var bases = Bases();
        var tensors = torch.Tensor.TotalCount;
        var weights = Use(bases, _first);
        _clock.Advance(Idle - TimeSpan.FromSeconds(1));
        Assert.Equal(weights, Use(bases, _first));
        // Counted from the last use on.
        _clock.Advance(Idle - TimeSpan.FromSeconds(1));
        Assert.Equal(1, bases.Count);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, bases.Count);
        Assert.Equal(tensors, torch.Tensor.TotalCount);
        Assert.NotEqual(weights, Use(bases, _first));
    }

    [Fact]
    public void A_base_that_nobody_uses_makes_room_for_another_and_one_in_use_stays()
    {
        using var bases = Bases();
        var first = Use(bases, _first);
        using (var second = bases.Take(_second, MatrixStorage.Float32))
        {
            Assert.Equal(1, bases.Count);
            Use(bases, _first);
            bases.FreeIdle();
            _clock.Advance(Idle);
            Assert.Equal(1, bases.Count);
            Assert.Equal(second.Model.Decoder.Weights, Use(bases, _second));
        }
        Assert.NotEqual(first, Use(bases, _first));
    }

    [Fact]
    public void A_base_that_takes_too_much_memory_of_its_own_does_not_wait()
    {
        using var bases = Bases(new PipelineSettings { IdleBaseBytes = 0, IdleBaseTime = Idle });
        Use(bases, _first);
        Assert.Equal(0, bases.Count);
    }

    [Fact]
    public void What_is_given_back_twice_counts_once()
    {
        using var bases = Bases();
        var one = bases.Take(_first, MatrixStorage.Float32);
        using var other = bases.Take(_first, MatrixStorage.Float32);
        one.Dispose();
        one.Dispose();
        bases.FreeIdle();
        Assert.Equal(1, bases.Count);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private FrozenBases Bases(PipelineSettings? settings = null) => new(settings ?? new PipelineSettings { IdleBaseTime = Idle }, _clock);

    private static List<Weight> Use(FrozenBases bases, string folder)
    {
        using var taken = bases.Take(folder, MatrixStorage.Float32);
        return [.. taken.Model.Decoder.Weights];
    }
}
