using Serverless.Faults.Faults;
using Serverless.Faults.Running;

namespace Serverless.Faults;

/// <summary>Everything that is tried.</summary>
internal static class FaultList
{
    public static IReadOnlyList<IFault> All { get; } =
    [
        new KilledHead(), new StoppedHead(), new RestartedStorage(), new KilledStorage(), new FaultyStorage(), new FaultyStart(), new SecondHead(), new StalledHead(), new SecondTrainer(),
        new DamagedCheckpoint(), new OlderCheckpoint(), new ChangedWorkflow(), new DeletedFile(), new DeletedModel(), new DeadlyChunk(), new FullDisk(), new ReadOnlyCache(),
        new JumpingClock(),
    ];
}
