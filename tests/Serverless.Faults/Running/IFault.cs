namespace Serverless.Faults.Running;

/// <summary>Something that can go wrong, tried on a real head and a real storage.</summary>
internal interface IFault
{
    /// <summary>What <c>--fault</c> calls it, and its row of the table.</summary>
    string Name { get; }

    /// <summary>Whether the short form, which runs with the other tests, tries it too.</summary>
    bool IsInShortForm { get; }

    /// <summary>Why it cannot be tried on this machine, or null if it can.</summary>
    string? Obstacle => null;

    /// <summary>Tries it as often as the run asks for.</summary>
    Task RunAsync(FaultRun run);
}
