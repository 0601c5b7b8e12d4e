namespace Serverless.Benchmarks.Report;

/// <summary>What the rounds of a campaign say. A ratio is taken in each round by itself, and its median is told; null where a part was not measured.</summary>
internal sealed class Medians(IReadOnlyList<Round> rounds)
{
    public int Rounds => rounds.Count;

    /// <param name="value">Such as its rate.</param>
    public double? Of(IScenario scenario, Func<Reading, double?> value) => Each(round => Find(round, scenario) is { } reading ? value(reading) : null);

    /// <summary>Something else that a scenario has found out.</summary>
    public double? Figure(IScenario scenario, string name) => Of(scenario, reading => reading.Figures.TryGetValue(name, out var value) ? value : null);

    /// <summary>What is needed of what the scenario's ceiling would allow in the same time.</summary>
    public double? OfCeiling(IScenario scenario) =>
        scenario.Ceiling is { } ceiling ? Each(round => Find(round, scenario)?.WorkRate / Find(round, ScenarioList.Of(ceiling))?.Rate) : null;

    /// <summary>How many times the units a second of another scenario one has.</summary>
    public double? Times(IScenario one, IScenario other) => Each(round => Find(round, one)?.Rate / Find(round, other)?.Rate);

    /// <summary>Tokens a second of another program that does a scenario's work.</summary>
    public double? Peer(string peer, string scenario) => Each(round => PeerOf(round, peer, scenario));

    /// <summary>How many times the tokens of another program that does a scenario's work it has.</summary>
    public double? Against(string peer, string scenario) =>
        Each(round => round.Readings.GetValueOrDefault(scenario)?.Rate / PeerOf(round, peer, scenario));

    private static Reading? Find(Round round, IScenario scenario) => round.Readings.GetValueOrDefault(scenario.Name);

    private static double? PeerOf(Round round, string peer, string scenario) =>
        round.Peers.FirstOrDefault(reading => reading.Peer == peer && reading.Beside == scenario)?.Rate;

    private double? Each(Func<Round, double?> value)
    {
        var values = rounds.Select(value).ToList();
        return values.Contains(null) ? null : Median.Of(values.Select(each => each!.Value));
    }
}
