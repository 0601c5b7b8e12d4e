using Serverless.Benchmarks.Peers;
using Serverless.Benchmarks.Report;
using Serverless.Benchmarks.Scenarios;

namespace Serverless.Benchmarks.Tests;

/// <summary>What a campaign's rounds say about the targets.</summary>
public sealed class TargetTests
{
    private static readonly IScenario Peak = ScenarioList.Of(Ceiling.MatrixProducts);

    [Fact]
    public void A_ratio_is_taken_in_each_round_by_itself()
    {
        // A machine that is ten times as slow in one round: the medians of both, divided, would say 100 %.
        var rounds = new[] { Round(1, 0.5), Round(10, 5), Round(1, 0.8) };
        Assert.Equal(2, new Medians(rounds).Times(ScenarioList.Lora, Peak));
    }

    [Fact]
    public void A_target_stands_beside_what_was_reached_and_whether_it_is_met()
    {
        var target = Target.AtMost("LoRA: peak memory", 3e9, Target.Bytes, medians => medians.Of(ScenarioList.Lora, reading => reading.PeakBytes));
        Assert.Equal("| LoRA: peak memory | at most 3.00 GB | 2.50 GB | met |", target.Row(new Medians([Round(1, 1, peak: 2_500_000_000)])));
        Assert.Equal("| LoRA: peak memory | at most 3.00 GB | 3.10 GB | missed |", target.Row(new Medians([Round(1, 1, peak: 3_100_000_000)])));
        Assert.Equal("| LoRA: peak memory | at most 3.00 GB | | not measured |", target.Row(new Medians([new Round(new Dictionary<string, Reading>(), [])])));
    }

    [Fact]
    public void Without_a_peer_or_its_step_the_targets_against_it_are_not_measured()
    {
        var without = new Medians([Round(1, 1)]);
        Assert.Null(without.Against(PyTorch.Tuned, ScenarioList.Lora.Name));
        var late = new Medians([Round(1, 1) with { Peers = [new PeerReading(PyTorch.Tuned, ScenarioList.Lora.Name, null)] }]);
        Assert.Null(late.Against(PyTorch.Tuned, ScenarioList.Lora.Name));
        var with = new Medians([Round(1, 0.5) with { Peers = [new PeerReading(PyTorch.Tuned, ScenarioList.Lora.Name, 4)] }]);
        Assert.Equal(0.5, with.Against(PyTorch.Tuned, ScenarioList.Lora.Name));
    }

    [Fact]
    public void Every_target_finds_its_figures_in_a_full_campaign()
    {
        var medians = new Medians([Full()]);
        Assert.All(TargetList.All, target => Assert.True(target.Reached(medians) is not null, target.What));
    }

    [Fact]
    public void The_tables_hold_every_scenario_peer_and_target()
    {
        var text = MarkdownTable.Of(ScenarioList.Figures, [Full()], new BenchmarkOptions());
        Assert.All(ScenarioList.Figures, scenario => Assert.Contains($"| {scenario.Name} |", text, StringComparison.Ordinal));
        Assert.Contains($"| PyTorch: {ScenarioList.Lora.Name} | 1.00  | 1.00 times |", text, StringComparison.Ordinal);
        Assert.All(TargetList.All, target => Assert.Contains($"| {target.What} | {target.Asked} |", text, StringComparison.Ordinal));
    }

    /// <summary>The seconds of a unit of the machine's products and of our step.</summary>
    private static Round Round(double machine, double ours, long peak = 1) => new(
        new Dictionary<string, Reading> { [Peak.Name] = Read(machine, 1), [ScenarioList.Lora.Name] = Read(ours, peak) }, []);

    private static Round Full()
    {
        var found = new[] { TrainingSteps.Optimiser, HeadStarts.Libtorch, WarmJobs.Overhead, WarmJobs.Change };
        var readings = ScenarioList.Ceilings.Concat(ScenarioList.Figures).ToDictionary(
            scenario => scenario.Name, _ => Read(1, 1) with { Figures = found.ToDictionary(name => name, _ => 0.5) });
        var pairs = ScenarioList.DecodePairs.Concat(ScenarioList.PrefillPairs).Select(pair => new PeerReading(LlamaBench.PeerName, pair.Ours.Name, 1));
        return new Round(readings,
            [new(PyTorch.Default, ScenarioList.Lora.Name, 1), new(PyTorch.Tuned, ScenarioList.Lora.Name, 1), .. pairs]);
    }

    private static Reading Read(double seconds, long peak) => new([seconds], 1, 1, peak, 1, 0);
}
