using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Serverless.Faults.Worlds;
using Serverless.Service.Evals;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;

namespace Serverless.Faults.Checks;

/// <summary>
/// What callers were told is there, or could see there: files, models, runs of evaluations, jobs with their committed checkpoints and events. Kept outside the storage, so that what
/// is gone with everything that names it is missed all the same.
/// </summary>
internal sealed class Ledger
{
    private readonly ConcurrentDictionary<FileId, string> _files = new();
    private readonly ConcurrentDictionary<ModelId, string?> _models = new();
    private readonly ConcurrentDictionary<JobId, JobEntry> _jobs = new();
    private readonly ConcurrentDictionary<EvalRunId, (EvalId Eval, int Items)> _runs = new();
    private readonly HashSet<EvalRunId> _cancelled = [];
    // What was asked to be deleted, and whether that was answered.
    private readonly ConcurrentDictionary<string, bool> _deleted = new(StringComparer.Ordinal);
    private readonly HashSet<string> _damaged = new(StringComparer.Ordinal);

    /// <summary>How many things are remembered.</summary>
    public int Count => _files.Count + _models.Count + _jobs.Count + _runs.Count;

    /// <summary>An upload was answered.</summary>
    public void Uploaded(FileId id, string content) => _files[id] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)));

    /// <summary>A model's adding was answered.</summary>
    public void Added(ModelId id) => _models.TryAdd(id, null);

    /// <summary>A job's creation was answered.</summary>
    public void Created(JobId id) => _jobs.TryAdd(id, JobEntry.Empty);

    /// <summary>The creation of an evaluation's run was answered.</summary>
    public void Evaluates(EvalId eval, EvalRunId run, int items) => _runs[run] = (eval, items);

    /// <summary>A run of an evaluation is asked to be cancelled: it may end with fewer items, or have them all.</summary>
    public void Cancels(EvalRunId run) => _cancelled.Add(run);

    /// <summary>Whether a run was asked to be cancelled.</summary>
    public bool MayBeCancelled(EvalRunId run) => _cancelled.Contains(run);

    /// <summary>A file, a model, an evaluation or a run of one is asked to be deleted: from here on it may be there or not.</summary>
    public void Deletes(string id) => _deleted.TryAdd(id, false);

    /// <summary>The deletion was answered: it is not there.</summary>
    public void Deleted(string id) => _deleted[id] = true;

    /// <summary>Whether a file, a model, an evaluation or a run of one may be missing, because it was deleted.</summary>
    public bool MayLack(string id) => _deleted.ContainsKey(id);

    /// <summary>The trial itself damages a checkpoint.</summary>
    public void Damages(CommittedCheckpoint checkpoint) => _damaged.Add(checkpoint.Manifest);

    /// <summary>Whether the trial has damaged a checkpoint.</summary>
    public bool IsDamaged(CommittedCheckpoint checkpoint) => _damaged.Contains(checkpoint.Manifest);

    /// <summary>Remembers whatever the storage names now and has promised to keep.</summary>
    public async Task NoteAsync(World world, CancellationToken ct)
    {
        var jobs = await AllAsync(world, ct);
        foreach (var job in jobs)
        {
            // What was committed first, then what it counts.
            if (await world.Log.ReadHeadAsync(job.Id, ct) is not { } head)
                continue;
            var messages = (await Ending.EventsAsync(world, job.Id, ct)).Take((int)head.Events).Select(one => one.Message).ToList();
            _jobs[job.Id] = new JobEntry(head.Checkpoints, messages);
        }
        // What a job has made counts once the job has succeeded: before, it may be taken back.
        var succeeded = jobs.Where(job => job.Status == JobStatus.Succeeded).ToList();
        var made = succeeded.SelectMany(job => job.ResultFiles).ToHashSet();
        foreach (var file in (await world.Files.ListAsync(null, Most, null, ct)).Items)
            if (made.Contains(file.Id))
                _files.TryAdd(file.Id, file.Sha256);
        foreach (var model in await world.Models.ListAsync(null, ct))
            if (model.Kind != ModelKind.Published || succeeded.Any(job => job.FineTunedModel == model.Id))
                _models[model.Id] = model.Folder;
    }

    /// <returns>What was promised and does not hold.</returns>
    public async Task<IReadOnlyList<string>> FindAsync(World world, CancellationToken ct)
    {
        var findings = new List<string>();
        foreach (var (id, hash) in _files.Where(entry => !MayLack(entry.Key.Value)))
            if (await world.Files.FindAsync(id, ct) is not { } file)
                findings.Add($"{id} was there and is lost");
            else if (file.Sha256 != hash)
                findings.Add($"{id} is another file than it was");
        foreach (var (id, folder) in _models.Where(entry => !MayLack(entry.Key.Value)))
            if (await world.Models.FindAsync(id, ct) is not { } model)
                findings.Add($"{id} was there and is lost");
            else if (folder is not null && model.Folder != folder)
                findings.Add($"{id} is another model than it was");
        foreach (var (id, _) in _deleted.Where(entry => entry.Value))
            if (await IsThereAsync(world, id, ct))
                findings.Add($"{id} was deleted and is there");
        foreach (var (id, (eval, items)) in _runs.Where(entry => !MayLack(entry.Value.Eval.Value)))
            if (await world.Evals.FindAsync(eval, ct) is null)
                findings.Add($"{eval} was there and is lost");
            else if (MayLack(id.Value))
                continue;
            else if (await world.EvalRuns.FindAsync(id, ct) is not { } run)
                findings.Add($"{id} was there and is lost");
            else if (run.Done != items && !(run.Status == EvalRunStatus.Canceled && MayBeCancelled(id)))
                findings.Add(string.Create(CultureInfo.InvariantCulture, $"{id} has {run.Done} of {items} items"));
        foreach (var (id, entry) in _jobs)
            if (await world.Jobs.FindAsync(id, ct) is null)
                findings.Add($"{id} was there and is lost");
            else
                findings.AddRange(await LostAsync(world, id, entry, ct));
        return findings;
    }

    private static async Task<bool> IsThereAsync(World world, string id, CancellationToken ct) =>
        id.StartsWith(FileId.Prefix, StringComparison.Ordinal) ? await world.Files.FindAsync(new FileId(id), ct) is not null
        : id.StartsWith(EvalId.Prefix, StringComparison.Ordinal) ? await world.Evals.FindAsync(new EvalId(id), ct) is not null
        : id.StartsWith(EvalRunId.Prefix, StringComparison.Ordinal) ? await world.EvalRuns.FindAsync(new EvalRunId(id), ct) is not null
        : await world.Models.FindAsync(new ModelId(id), ct) is not null;

    private async Task<IReadOnlyList<string>> LostAsync(World world, JobId id, JobEntry entry, CancellationToken ct)
    {
        var findings = new List<string>();
        if (await world.Log.ReadHeadAsync(id, ct) is not { } head)
            return entry == JobEntry.Empty ? findings : [$"{id} has lost its log"];
        // One that is not kept any more has made room for a later one.
        foreach (var checkpoint in entry.Checkpoints.Where(one => !IsDamaged(one) && head.Checkpoints.All(kept => kept.Manifest != one.Manifest)))
            if (head.Step <= checkpoint.Step)
                findings.Add(string.Create(CultureInfo.InvariantCulture, $"{id} had a checkpoint of step {checkpoint.Step}, which is lost: its newest is that of step {head.Step}"));
        List<string> messages;
        try
        {
            messages = [.. (await Ending.EventsAsync(world, id, ct)).Select(one => one.Message)];
        }
        catch (InvalidDataException gap)
        {
            return [.. findings, $"{id}: {gap.Message}"];
        }
        var same = entry.Messages.Zip(messages).TakeWhile(pair => pair.First == pair.Second).Count();
        if (same < entry.Messages.Count)
            findings.Add($"{id}: event {same + 1} was '{entry.Messages[same]}' and is '{messages.ElementAtOrDefault(same)}'");
        return findings;
    }

    private static async Task<IReadOnlyList<JobRecord>> AllAsync(World world, CancellationToken ct) => (await world.Jobs.ListAsync(null, Most, null, ct)).Items;

    private const int Most = 1000;

    /// <param name="Checkpoints">Those that were committed.</param>
    /// <param name="Messages">Those of the events that were committed, oldest first.</param>
    private sealed record JobEntry(IReadOnlyList<CommittedCheckpoint> Checkpoints, IReadOnlyList<string> Messages)
    {
        public static JobEntry Empty { get; } = new([], []);
    }
}
