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
    // How often a trial is begun that strikes too late.
    private const int Attempts = 3;

    // A trial that takes longer has not ended, which is a loss. The short form's test gives up after fifteen minutes, and could not say what was lost.
    private readonly TimeSpan _patience = TimeSpan.FromMinutes(isShort ? 10 : 20);

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

    /// <summary>What is printed below the table: lines of a table of the fault's own.</summary>
    public IReadOnlyList<string> Details { get; set; } = [];

    public TimeSpan Elapsed => _clock.Elapsed;

    /// <summary>Whether the fault is to be tried once more.</summary>
    public bool GoesOn => Tried == 0 || Elapsed < time;

    /// <summary>How many faults the present trial is; one, unless the trial says otherwise.</summary>
    public int Faults { get; set; }

    /// <summary>Tries the fault once, and counts what came of it. A trial that strikes too late is begun again, and is lost if that does not help.</summary>
    /// <param name="what">In few words, what is tried.</param>
    /// <param name="trial">Told when it is out of time; throws when something was lost.</param>
    public async Task TryAsync(string what, Func<CancellationToken, Task> trial)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(_patience);
        var begun = Elapsed;
        for (var left = Attempts; left > 0;)
            left = await TryAsync(what, trial, begun, --left, patience.Token);
        Tried += Faults;
    }

    /// <summary>Counts as lost what the fault promises to try and has not tried.</summary>
    public void Lacks(string what)
    {
        Tried++;
        _losses.Add(what);
    }

    /// <returns>How many attempts are left to be made.</returns>
    private async Task<int> TryAsync(string what, Func<CancellationToken, Task> trial, TimeSpan begun, int left, CancellationToken patience)
    {
        Faults = 1;
        try
        {
            await trial(patience);
            Survived += Faults;
            await log.WriteLineAsync($"  {what}: survived, {(Elapsed - begun).TotalSeconds:0} s");
        }
        catch (StruckTooLateException late) when (left > 0)
        {
            await log.WriteLineAsync($"  {what}: struck too late, begun again; {late.Message}");
            return left;
        }
#pragma warning disable CA1031 // whatever comes out is what is looked for
        catch (Exception loss) when (!ct.IsCancellationRequested)
#pragma warning restore CA1031
        {
            _losses.Add($"{what}: {TextOf(loss)}");
            await log.WriteLineAsync($"  {what}: LOST, {(Elapsed - begun).TotalSeconds:0} s\n{_losses[^1]}");
        }
        return 0;
    }

    private static string TextOf(Exception loss) => loss switch
    {
        FaultLostException => loss.Message,
        StruckTooLateException => $"it struck too late {Attempts} times; {loss.Message}",
        _ => loss.ToString(),
    };
}
