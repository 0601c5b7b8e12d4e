using System.Globalization;
using System.Text;
using Serverless.Benchmarks.Peers;
using Serverless.Learning.Native;

namespace Serverless.Benchmarks.Report;

/// <summary>The campaign's medians. A ratio is taken in each round by itself, and its median is shown.</summary>
internal static class MarkdownTable
{
    public static string Of(IReadOnlyList<IScenario> figures, IReadOnlyList<Round> rounds, BenchmarkOptions options)
    {
        var text = new StringBuilder();
        var machine = NativeRuntime.Fingerprint;
        text.AppendLine(CultureInfo.InvariantCulture,
            $"{machine.Processor}, {machine.InstructionSet}, {options.Threads} threads, libtorch {machine.LibtorchVersion}; medians of {rounds.Count} rounds.");
        text.AppendLine().AppendLine("| | a second | of the ceiling | peak memory | managed memory a repetition | tensors left |").AppendLine("|---|---:|---:|---:|---:|---:|");
        foreach (var ceiling in ScenarioList.Ceilings) Line(text, ceiling, rounds);
        foreach (var figure in figures) Line(text, figure, rounds);
        foreach (var ratio in Ratios(figures, rounds)) text.AppendLine().AppendLine(ratio);
        return text.ToString();
    }

    private static void Line(StringBuilder text, IScenario scenario, IReadOnlyList<Round> rounds)
    {
        var readings = rounds.Select(round => round.Readings[scenario.Name]).ToList();
        var share = scenario.Ceiling is { } ceiling
            ? Text($"{100 * Median.Of(rounds.Select(round => round.Readings[scenario.Name].WorkRate / round.Readings[ScenarioList.Of(ceiling).Name].Rate)):0} %")
            : "";
        text.AppendLine(CultureInfo.InvariantCulture,
            $"| {scenario.Name} | {Quantity.Of(Median.Of(readings.Select(reading => reading.Rate)))} {scenario.Unit} | {share} | {Quantity.Of(Median.Of(readings.Select(reading => (double)reading.PeakBytes)))}B | {Quantity.Of(Median.Of(readings.Select(reading => (double)reading.ManagedBytes)))}B | {readings.Max(reading => reading.TensorsGrown)} |");
    }

    private static IEnumerable<string> Ratios(IReadOnlyList<IScenario> figures, IReadOnlyList<Round> rounds)
    {
        foreach (var kind in figures.OfType<Scenarios.Decode>().GroupBy(decode => decode.Kind))
        {
            if (kind.OrderBy(decode => decode.Rows).ToList() is not [var few, .., var many]) continue;
            yield return Text($"{kind.Key}: {Median.Of(rounds.Select(round => round.Readings[many.Name].Rate / round.Readings[few.Name].Rate)):0.0} times the tokens with {many.Rows} at once instead of {few.Rows}.");
        }
        if (rounds.All(round => round.PeerTokens is not null))
            yield return Text($"{PyTorch.Beside}: {Median.Of(rounds.Select(round => round.Readings[PyTorch.Beside].Rate / round.PeerTokens!.Value)):0.0} times the tokens of plain PyTorch in float32 ({Median.Of(rounds.Select(round => round.PeerTokens!.Value)):0} a second).");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
