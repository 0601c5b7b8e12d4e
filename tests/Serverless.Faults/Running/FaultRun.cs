using System.Diagnostics;
using Serverless.Tests.Shared;

namespace Serverless.Faults.Running;

/// <summary>One fault under trial: how often it is to be tried, on what, and what has come of it.</summary>
/// <param name="azurite">The storage that worlds share which do not disturb it.</param>
/// <param name="model">The base model that jobs start from.</param>
/// <param name="seed">Decides every moment and every choice.</param>
/// <param name="time">The fault is tried again until so much time has passed; at least once.</param>
/// <param name="kills">How often heads are killed at random moments at least.</param>
/// <param name="isShort">Whether this is the form that runs with the other tests.</param>
/// <param name="log">Takes a line about each trial.</param>
internal sealed class FaultRun(AzuriteFixture azurite, string model, int seed, TimeSpan time, int kills, bool isShort, TextWriter log, CancellationToken ct)
{
    /// <summary>A trial that takes longer has not ended, which is a loss.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<string> _losses = [];

    public AzuriteFixture Azurite => azurite;

    public string Model => model;

    /// <summary>How often heads are killed at random moments at least.</summary>
    public int Kills => kills;

    /// <summary>Whether this is the form that runs with the other tests.</summary>
    public bool IsShort => isShort;

    public Random Random { get; } = new(seed);

    public CancellationToken Ct => ct;

    /// <summary>How often the fault was tried.</summary>
    public int Tried { get; private set; }

    /// <summary>How often nothing was lost by it.</summary>
    public int Survived { get; private set; }

    /// <summary>What was lost, trial by trial.</summary>
    public IReadOnlyList<string> Losses => _losses;

    /// <summary>What the table says besides.</summary>
    public string Notes { get; set; } = "";

    public TimeSpan Elapsed => _clock.Elapsed;

    /// <summary>Whether the fault is to be tried once more.</summary>
    public bool GoesOn => Tried == 0 || Elapsed < time;

    /// <summary>How many faults the present trial is; one, unless the trial says otherwise.</summary>
    public int Faults { get; set; }

    /// <summary>Tries the fault once, and counts what came of it.</summary>
    /// <param name="what">In few words, what is tried.</param>
    /// <param name="trial">Told when it is out of time; throws when something was lost.</param>
    public async Task TryAsync(string what, Func<CancellationToken, Task> trial)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Patience);
        var begun = Elapsed;
        Faults = 1;
        try
        {
            await trial(patience.Token);
            Survived += Faults;
            await log.WriteLineAsync($"  {what}: survived, {(Elapsed - begun).TotalSeconds:0} s");
        }
#pragma warning disable CA1031 // whatever comes out is what is looked for
        catch (Exception loss) when (!ct.IsCancellationRequested)
#pragma warning restore CA1031
        {
            _losses.Add($"{what}: {(loss is FaultLostException ? loss.Message : loss.ToString())}");
            await log.WriteLineAsync($"  {what}: LOST, {(Elapsed - begun).TotalSeconds:0} s\n{_losses[^1]}");
        }
        Tried += Faults;
    }
}
