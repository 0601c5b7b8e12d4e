namespace Serverless.Load.Running;

/// <summary>Something that many users, or one for long, do to a head.</summary>
internal interface ILoad
{
    /// <summary>What the command line calls it.</summary>
    string Name { get; }

    /// <summary>Puts the load on a head of its own and adds what was measured.</summary>
    Task RunAsync(LoadRun run);
}
