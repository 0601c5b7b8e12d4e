namespace Serverless.Benchmarks.Peers;

/// <summary>Another program that does the work of some of our scenarios.</summary>
internal interface IPeer
{
    string Name { get; }

    /// <summary>The scenarios whose work it does.</summary>
    IReadOnlyList<IScenario> Beside { get; }

    /// <summary>Makes what it reads, once before all rounds.</summary>
    /// <param name="models">The folder in which the shapes of <see cref="Beside"/> are.</param>
    Task PrepareAsync(string models, CancellationToken ct);

    /// <summary>Measures each of <see cref="Beside"/>, under one name or several.</summary>
    /// <exception cref="InvalidOperationException">The program ended without a figure; the message holds what it said.</exception>
    Task<IReadOnlyList<PeerReading>> MeasureAsync(string models, CancellationToken ct);
}
