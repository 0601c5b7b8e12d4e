using System.Globalization;
using System.Text;
using Serverless.Learning.Native;

namespace Serverless.Benchmarks.Report;

/// <summary>The campaign's medians: what was measured, what other programs made of the same work, and what both say about the targets.</summary>
internal static class MarkdownTable
{
    public static string Of(IReadOnlyList<IScenario> figures, IReadOnlyList<Round> rounds, BenchmarkOptions options)
    {
        var medians = new Medians(rounds);
        var text = new StringBuilder();
        var machine = NativeRuntime.Fingerprint;
        text.AppendLine(CultureInfo.InvariantCulture,
            $"{machine.Processor}, {machine.InstructionSet}, {options.Threads} threads, libtorch {machine.LibtorchVersion}; medians of {medians.Rounds} rounds.");
        text.AppendLine().AppendLine("| | a second | time | of the ceiling | peak memory | managed memory a repetition | tensors left |").AppendLine("|---|---:|---:|---:|---:|---:|---:|");
        foreach (var scenario in ScenarioList.Ceilings.Concat(figures)) text.AppendLine(Row(scenario, medians, rounds));
        Peers(text, medians, rounds);
        foreach (var ratio in Ratios(figures, medians)) text.AppendLine().AppendLine(ratio);
        text.AppendLine().AppendLine("| target | | reached | |").AppendLine("|---|---:|---:|---|");
        foreach (var target in TargetList.All) text.AppendLine(target.Row(medians));
        return text.ToString();
    }

    private static string Row(IScenario scenario, Medians medians, IReadOnlyList<Round> rounds)
    {
        string[] cells =
        [
            scenario.Name, $"{Quantity.Of(medians.Of(scenario, reading => reading.Rate)!.Value)} {scenario.Unit}",
            Quantity.Time(medians.Of(scenario, reading => reading.Time)!.Value), medians.OfCeiling(scenario) is { } share ? Text($"{100 * share:0} %") : "",
            Target.Bytes(medians.Of(scenario, reading => reading.PeakBytes)!.Value), medians.Of(scenario, reading => reading.ManagedBytes) is { } managed ? Target.Bytes(managed) : "",
            Text($"{rounds.Max(round => round.Readings[scenario.Name].TensorsGrown)}"),
        ];
        return $"| {string.Join(" | ", cells)} |";
    }

    private static void Peers(StringBuilder text, Medians medians, IReadOnlyList<Round> rounds)
    {
        if (rounds.SelectMany(round => round.Peers).Select(peer => (peer.Peer, peer.Beside)).Distinct().ToList() is not [_, ..] peers) return;
        text.AppendLine().AppendLine("| the same work elsewhere | tokens a second | ours |").AppendLine("|---|---:|---:|");
        foreach (var (peer, beside) in peers)
        {
            text.AppendLine(medians.Peer(peer, beside) is { } rate
                ? $"| {peer}: {beside} | {Quantity.Of(rate)} | {Target.Times(medians.Against(peer, beside)!.Value)} |"
                : $"| {peer}: {beside} | no figure in its time | |");
        }
    }

    private static IEnumerable<string> Ratios(IReadOnlyList<IScenario> figures, Medians medians)
    {
        foreach (var kind in figures.OfType<Scenarios.Decode>().GroupBy(decode => decode.Kind))
        {
            if (kind.OrderBy(decode => decode.Rows).ToList() is [var few, .., var many])
                yield return Text($"{kind.Key}: {medians.Times(many, few):0.0} times the tokens with {many.Rows} at once instead of {few.Rows}.");
        }
        if (medians.Figure(ScenarioList.WarmJobs, Scenarios.WarmJobs.Change) is { } seconds)
            yield return Text($"{seconds:0.00} {Scenarios.WarmJobs.Change}.");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
