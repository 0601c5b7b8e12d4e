using System.Collections.Immutable;
using Serverless.Benchmarks.Peers;
using Serverless.Benchmarks.Scenarios;
using static Serverless.Benchmarks.Report.Target;

namespace Serverless.Benchmarks.Report;

/// <summary>All targets. Nothing stands here but the bounds and where each figure comes from.</summary>
internal static class TargetList
{
    private const double Gigabyte = 1e9;

    // What Azure calls a 2048 MB instance.
    private const double SmallInstance = 2048.0 * 1024 * 1024;

    public static ImmutableArray<Target> All { get; } =
    [
        AtLeast($"{ScenarioList.Lora.Name}: of the matrix products' peak", 0.7, Percent, medians => medians.OfCeiling(ScenarioList.Lora)),
        AtLeast($"{ScenarioList.Lora.Name}: tokens, against {PyTorch.Tuned}", 1.6, Times, medians => medians.Against(PyTorch.Tuned, ScenarioList.Lora.Name)),
        AtLeast($"{ScenarioList.Lora.Name}: tokens, against {PyTorch.Default}", 2.5, Times, medians => medians.Against(PyTorch.Default, ScenarioList.Lora.Name)),
        AtMost($"{ScenarioList.Lora.Name}: peak memory", 3 * Gigabyte, Bytes, Peak(ScenarioList.Lora)),
        AtMost($"{ScenarioList.LoraRecomputed.Name}: peak memory", 2 * Gigabyte, Bytes, Peak(ScenarioList.LoraRecomputed)),
        AtMost($"{ScenarioList.ShorterRecomputed.Name}: peak memory, without a worker around it", SmallInstance, Bytes, Peak(ScenarioList.ShorterRecomputed)),
        // The step need not become shorter by all that is saved: half of it shows that it is saved.
        AtMost($"{ScenarioList.HalfTargets.Name}: time of a step, of one whose tokens are all targets", (1 + ScenarioList.HalfTargets.NeededShare()) / 2, Percent,
            medians => medians.Times(ScenarioList.AllTargets, ScenarioList.HalfTargets)),
        .. ScenarioList.DecodePairs.Select(pair => AtLeast(
            $"{pair.Ours.Name}: tokens, against {LlamaBench.PeerName}, {pair.Type}", 1, Times, medians => medians.Against(LlamaBench.PeerName, pair.Ours.Name))),
        AtLeast($"{ScenarioList.PrefillPairs[^1].Ours.Name}: tokens, against {LlamaBench.PeerName}, {ScenarioList.PrefillPairs[^1].Type}", 2, Times,
            medians => medians.Against(LlamaBench.PeerName, ScenarioList.PrefillPairs[^1].Ours.Name)),
        AtLeast($"{ScenarioList.ManyRollouts.Name}: tokens, against one", 6, Times, medians => medians.Times(ScenarioList.ManyRollouts, ScenarioList.OneRollout)),
        AtMost(WarmJobs.Overhead, 0.02, Percent, medians => medians.Figure(ScenarioList.WarmJobs, WarmJobs.Overhead)),
        AtMost(ScenarioList.WarmJobs.Name, 1, Quantity.Time, Time(ScenarioList.WarmJobs)),
        AtMost($"{ScenarioList.Lora.Name}: norm, clipping and optimiser, of a step", 0.01, Percent, medians => medians.Figure(ScenarioList.Lora, TrainingSteps.Optimiser)),
        AtMost(ScenarioList.HeadStarts.Name, 1.5, Quantity.Time, Time(ScenarioList.HeadStarts)),
        new($"{ScenarioList.HeadStarts.Name}, and lists", "without libtorch", medians => medians.Figure(ScenarioList.HeadStarts, HeadStarts.Libtorch),
            starts => starts == 0, starts => starts == 0 ? "without libtorch" : "libtorch was loaded"),
        AtMost($"{ScenarioList.Qlora1500M.Name}: peak memory", 4 * Gigabyte, Bytes, Peak(ScenarioList.Qlora1500M)),
    ];

    private static Func<Medians, double?> Peak(IScenario scenario) => medians => medians.Of(scenario, reading => reading.PeakBytes);

    private static Func<Medians, double?> Time(IScenario scenario) => medians => medians.Of(scenario, reading => reading.Time);
}
