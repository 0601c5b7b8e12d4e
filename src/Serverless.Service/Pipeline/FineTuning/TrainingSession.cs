using Serverless.Learning.Evaluation;
using Serverless.Learning.Reinforcement;
using Serverless.Learning.Training;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Models.Hub;
using static TorchSharp.torch;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>
/// A job's trainer in memory, between and during chunks, with what it has done since its last commit. Its tensors are touched on one
/// thread only.
/// </summary>
public sealed class TrainingSession : IAsyncDisposable
{
    private readonly TensorThread _thread;
    private readonly Trainer _trainer;
    private readonly FrozenBase? _base;
    private RolloutBatch? _drawn;
    private bool _broken;

    private TrainingSession(StageId id, TensorThread thread, Trainer trainer, FrozenBase? frozen, string? manifest, int stepsBefore) =>
        (StageId, _thread, _trainer, _base, Manifest, StepsBefore) = (id, thread, trainer, frozen, manifest, stepsBefore);

    /// <summary>What is trained.</summary>
    public StageId StageId { get; }

    public JobId JobId => StageId.Job;

    /// <summary>Held by whoever uses the session.</summary>
    internal SemaphoreSlim Turn { get; } = new(1);

    /// <summary>The committed checkpoint that this continues; null if none.</summary>
    public string? Manifest { get; private set; }

    /// <summary>Steps done, committed or not.</summary>
    public int Step => StepsBefore + _trainer.Step;

    /// <summary>The steps of a recipe's stages before, which the trainer knows nothing of.</summary>
    public int StepsBefore { get; }

    /// <summary>The steps that the trainer takes.</summary>
    public int TotalSteps => _trainer.TotalSteps;

    /// <summary>The number of the last one.</summary>
    public int LastStep => StepsBefore + TotalSteps;

    /// <summary>Whether a whole number of passes over the data is done.</summary>
    public bool IsAtEpochEnd => _trainer.Step % (TotalSteps / _trainer.Options.Epochs) == 0;

    /// <summary>Tokens trained on, committed or not.</summary>
    public long TrainedTokens => _trainer.TrainedTokens;

    /// <summary>
    /// The last step, if it was interrupted before it was looked at, by validation and sample answers: what it measured is not complete, so that nothing is
    /// committed up to it before the look is made up for.
    /// </summary>
    public TrainedStep? Owed { get; private set; }

    /// <summary>What was measured since the last commit.</summary>
    public List<JobMetrics> Metrics { get; } = [];

    /// <summary>What there is to tell since the last commit, each with its step.</summary>
    public List<(int Step, JobEvent Event)> Events { get; } = [];

    /// <summary>What watches a policy, fed with the steps so far; null of other methods, and until a chunk begins.</summary>
    internal PolicyAdvice? Advice { get; set; }

    /// <summary>The answers that were drawn and are not stored yet.</summary>
    public List<RolloutBatch> Rollouts { get; } = [];

    /// <summary>Builds the trainer of a job over a base that others may use as well or, where all weights train, over a model of its own.</summary>
    /// <param name="bases">Where the base is taken from.</param>
    /// <param name="modelFolder">The model that training starts from.</param>
    /// <param name="task">What is trained on, and what is looked at after each epoch.</param>
    /// <param name="checkpointFolder">The files of the checkpoint to continue from, or null to begin.</param>
    /// <param name="manifest">That checkpoint's manifest.</param>
    /// <param name="stepsBefore">The steps of a recipe's stages before.</param>
    /// <exception cref="Learning.InputError">The model cannot be used.</exception>
    public static async Task<TrainingSession> OpenAsync(
        StageId id, FrozenBases bases, string modelFolder, TrainingTask task, TrainingOptions options, string? checkpointFolder, string? manifest, int stepsBefore)
    {
        var thread = new TensorThread($"train {id}");
        try
        {
            var (trainer, frozen) = await thread.RunAsync(() => TrainerOverBase.Build(bases, modelFolder, task, options, checkpointFolder));
            return new TrainingSession(id, thread, trainer, frozen, manifest, stepsBefore);
        }
        catch
        {
            await thread.DisposeAsync();
            throw;
        }
    }

    /// <summary>Which answers are drawn and wait to be graded; empty if none do.</summary>
    public string Ungraded => _drawn is { } drawn ? $"{(drawn.Evaluates ? "evaluation" : "rollout")} {drawn.Number}, batch {drawn.Micro}" : "";

    /// <summary>Whether this trains that stage and the head is what it continues, so that its next commit fits there.</summary>
    public bool Continues(StageId id, JobHead head) => !_broken && StageId == id && Manifest == head.Manifest && Step >= (head.Parked?.Step ?? head.Step);

    /// <summary>
    /// Takes steps for a length of time, at least one or a batch of answers that it needs, and at most so many or up to the end of an epoch. A look that is owed
    /// comes first.
    /// </summary>
    /// <param name="interrupt">
    /// Ends this after the present step. A look that is under way is left off, and <see cref="Owed"/>; answers are drawn again, and those that others are asked to grade
    /// are graded the next time.
    /// </param>
    /// <param name="drop">Ends this as well, and sooner: the present step is dropped as if it had not begun. Then it may have taken none.</param>
    /// <exception cref="Learning.InputError">Who grades cannot be asked, or comes to no end in time with any of the answers drawn together.</exception>
    /// <exception cref="Teaching.TeacherAwayException">Who grades does not answer now.</exception>
    /// <exception cref="DivergenceException">The first step taken has no finite gradient, as those before had none; the state before it can be saved.</exception>
    public async Task<IReadOnlyList<TrainedStep>> TrainAsync(TimeSpan length, int mostSteps, TimeProvider clock, CancellationToken interrupt, CancellationToken drop)
    {
        var steps = new List<TrainedStep>();
        var begun = clock.GetTimestamp();
        while (await OnThreadAsync(() => Train(steps, begun, length, mostSteps, clock, interrupt, drop)))
        {
            if (!await GradeAsync(steps.Count > 0, interrupt) || clock.GetElapsedTime(begun) >= length)
                break;
        }
        return steps;
    }

    /// <summary>Has the answers graded that were drawn.</summary>
    /// <param name="canWait">Whether a fault is put off to the next call, so that steps which were taken are noted.</param>
    /// <returns>Whether they are.</returns>
    private async Task<bool> GradeAsync(bool canWait, CancellationToken ct)
    {
        try
        {
            var graded = await _trainer.GradeAsync(_drawn!, ct);
            await OnThreadAsync(() => Take(graded));
            _drawn = null;
            return true;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception fault) when (canWait && fault is Learning.InputError or Teaching.TeacherAwayException)
        {
            return false;
        }
    }

    private async Task<T> OnThreadAsync<T>(Func<T> work)
    {
        try
        {
            return await _thread.RunAsync(work);
        }
        catch
        {
            _broken = true;
            throw;
        }
    }

    /// <inheritdoc cref="ReferenceScoring.Score"/>
    public Task<ReferenceState> ScoreReferenceAsync(ReferenceState state, TimeSpan length, TimeProvider clock, CancellationToken interrupt, CancellationToken drop) =>
        _thread.RunAsync(() => ReferenceScoring.Score(_trainer, state, length, clock, interrupt, drop));

    /// <summary>Reinforcement only: takes the answers that were drawn for the present step before an interruption.</summary>
    public Task ResumeAsync(IReadOnlyList<RolloutBatch> stored) => _thread.RunAsync(() =>
    {
        foreach (var batch in stored)
        {
            if (_trainer.NextRollout is not null)
                _trainer.AddRollouts(batch);
        }
    });

    /// <summary>Takes what a trainer that was interrupted had done beyond its last commit; its weights are the checkpoint's that this was opened with.</summary>
    public void Resume(ParkedSteps parked)
    {
        Metrics.AddRange(parked.Metrics);
        Owed = parked.Owed;
    }

    /// <summary>Writes the checkpoint files of the present step.</summary>
    public Task SaveAsync(string folder) => _thread.RunAsync(() => _trainer.Save(folder));

    /// <summary>Notes that a checkpoint of a step was committed: what it holds is not pending any more.</summary>
    public void Committed(string manifest, int step)
    {
        Manifest = manifest;
        Metrics.RemoveAll(metrics => metrics.Step <= step);
        Events.RemoveAll(entry => entry.Step <= step);
    }

    /// <summary>Writes the merged model and, with adapters, the adapter in a folder <c>adapter</c> within it.</summary>
    /// <param name="dtype">What the merged weights are rounded to.</param>
    /// <param name="start">The model that training started from, on which the adapter answers.</param>
    /// <param name="origin">What it is on the hub, by which those who load the adapter elsewhere find it; null where it came from another place.</param>
    public Task ExportAsync(string folder, MergeDtype dtype, ModelId start, HubSource? origin, CancellationToken ct) => _thread.RunAsync(() =>
    {
        _trainer.ExportMerged(folder, dtype == MergeDtype.F32 ? ScalarType.Float32 : ScalarType.BFloat16, ct);
        if (_trainer.Options.Adapter.IsLowRank)
            _trainer.ExportAdapter(Path.Combine(folder, "adapter"), origin?.Id ?? start.Value, origin?.Commit);
    });

    /// <inheritdoc cref="Trainer.SampleLogits"/>
    public Task<LogitSample> SampleAsync() => _thread.RunAsync(_trainer.SampleLogits);

    public async ValueTask DisposeAsync()
    {
        await _thread.RunAsync(_trainer.Dispose);
        _base?.Dispose();
        await _thread.DisposeAsync();
        Turn.Dispose();
    }

    /// <summary>Whether the step just taken shows answers: of a policy, whose answers are there anyway, one in a tenth of all steps; otherwise an epoch's last, at most ten of them.</summary>
    private bool ShowsSamples => _trainer.Options.Policy is not null
        ? IsFirstOfTenth(_trainer.Step, TotalSteps)
        : IsAtEpochEnd && IsFirstOfTenth(_trainer.Step / (TotalSteps / _trainer.Options.Epochs), _trainer.Options.Epochs);

    /// <summary>Ten numbers from 1 to <paramref name="all"/>, evenly spread, the first among them; all of them if there are fewer.</summary>
    internal static bool IsFirstOfTenth(int number, int all) => number == 1 || (number - 1) * 10L / all != (number - 2) * 10L / all;

    /// <returns>Whether there are answers to be graded before it can go on.</returns>
    private bool Train(List<TrainedStep> steps, long begun, TimeSpan length, int mostSteps, TimeProvider clock, CancellationToken interrupt, CancellationToken drop)
    {
        if (_drawn is not null)
            return !interrupt.IsCancellationRequested;
        try
        {
            do
            {
                if (Owed is null && _trainer.NextRollout is { } wanted)
                {
                    var drawn = _trainer.Roll(wanted, interrupt);
                    if (_trainer.GradesLater)
                    {
                        _drawn = drawn;
                        return !interrupt.IsCancellationRequested;
                    }
                    Take(drawn);
                    continue;
                }
                Owed ??= TakeStep(clock, drop);
                var validation = IsAtEpochEnd ? _trainer.Validate(interrupt) : null;
                IReadOnlyList<SampleAnswer> samples = ShowsSamples ? _trainer.Samples(interrupt) : [];
                steps.Add(Owed with { At = clock.GetUtcNow(), Validation = validation, Samples = samples });
                Owed = null;
            }
            while (!interrupt.IsCancellationRequested && steps.Count < mostSteps && (steps.Count == 0 || !IsAtEpochEnd) && clock.GetElapsedTime(begun) < length);
        }
        catch (OperationCanceledException) when (interrupt.IsCancellationRequested || drop.IsCancellationRequested)
        {
            // Neither a look nor a draw nor a dropped step has changed anything: they are repeated.
        }
        catch (DivergenceException) when (steps.Count > 0)
        {
            // The steps before are noted first: the next call ends the same.
        }
        return false;
    }

    /// <exception cref="Learning.InputError">The grader's time ended before it had graded any of the answers.</exception>
    private bool Take(RolloutBatch batch)
    {
        if (batch.Rollouts.All(answer => answer.TimedOut))
            throw new Learning.InputError(
                $"method.reinforcement.grader: found no reward in time for any of {batch.Rollouts.Count} answers to {batch.Prompts.Count} prompts; {batch.Rollouts[0].Fault}",
                "method.reinforcement.grader", "grader_timed_out");
        _trainer.AddRollouts(batch);
        Rollouts.Add(batch);
        return true;
    }

    private TrainedStep TakeStep(TimeProvider clock, CancellationToken drop)
    {
        var taken = _trainer.TrainStep(drop);
        return new TrainedStep(taken with { Step = StepsBefore + taken.Step }, clock.GetUtcNow());
    }
}
