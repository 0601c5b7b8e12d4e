namespace Serverless.Local.Journal;

/// <summary>How the journal runs what it holds.</summary>
public sealed record JournalSettings
{
    /// <summary>How long an activity may run before it has to return with what it has.</summary>
    public TimeSpan ActivityBudget { get; init; } = TimeSpan.FromMinutes(4);

    /// <summary>How many activities run at a time.</summary>
    public int ConcurrentActivities { get; init; } = 5;

    /// <summary>After how many deaths of the process in one activity, with nothing committed since, the activity counts as failed.</summary>
    public int MostDeaths { get; init; } = 5;

    /// <summary>How long the record of an instance that ended is kept.</summary>
    public TimeSpan KeepEnded { get; init; } = TimeSpan.FromDays(1);

    /// <summary>The pause between two tries to write a record while the storage is away.</summary>
    public TimeSpan StoragePause { get; init; } = TimeSpan.FromSeconds(2);

    /// <exception cref="ArgumentException">A value is out of its range; the message lists all of them.</exception>
    public void Validate()
    {
        var faults = new List<string>();
        if (ActivityBudget <= TimeSpan.Zero)
            faults.Add($"ActivityBudget: found {ActivityBudget}; allowed: more than 0");
        if (ConcurrentActivities < 1)
            faults.Add($"ConcurrentActivities: found {ConcurrentActivities}; allowed: 1 or more");
        if (MostDeaths < 1)
            faults.Add($"MostDeaths: found {MostDeaths}; allowed: 1 or more");
        if (KeepEnded < TimeSpan.Zero)
            faults.Add($"KeepEnded: found {KeepEnded}; allowed: 0 or more");
        if (StoragePause <= TimeSpan.Zero)
            faults.Add($"StoragePause: found {StoragePause}; allowed: more than 0");
        if (faults.Count > 0)
            throw new ArgumentException($"journal settings: {string.Join("; ", faults)}");
    }
}
