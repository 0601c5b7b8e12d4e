using Serverless.Learning;
using Serverless.Learning.Formats;
using Serverless.Service.Models.Adding;

namespace Serverless.Service.Models.Hub;

/// <summary>
/// Fetches a model or an adapter into a folder: texts first, which are checked before anything large comes, then those weights that belong to the model. What
/// an interruption leaves is kept, and the next run goes on from there. Every file is held against the hash that the hub states.
/// </summary>
/// <param name="freeBytes">Bytes that a folder's disk has left; null: asks the system.</param>
public sealed class HubDownload(HubClient hub, HubSettings settings, TimeProvider clock, Func<string, long>? freeBytes = null)
{
    private readonly Func<string, long> _freeBytes = freeBytes ?? FreeBytesOf;

    /// <summary>Fetches what is not there yet.</summary>
    /// <param name="folder">Of this model at this commit alone.</param>
    /// <param name="progress">Told how far it is, often; null: nobody asks.</param>
    /// <exception cref="InputError">
    /// It is no supported model, has no safetensors, does not fit the disk, is not what its hashes say, or the transfer broke off.
    /// </exception>
    public async Task RunAsync(HubModel model, string folder, Action<AddProgress>? progress, CancellationToken ct)
    {
        Directory.CreateDirectory(folder);
        var taken = model.Files.Where(file => ModelChoice.IsTaken(file.Path, model.IsAdapter)).ToList();
        var candidates = taken.Where(file => ModelChoice.IsWeights(file.Path)).ToList();
        if (candidates.Count == 0)
            throw new InputError($"{model.Id}: found {Found(model)}; allowed: weights in .safetensors");
        List<HubFile> texts = [.. taken.Except(candidates)];
        if (texts.Sum(file => file.Bytes) is var bytes and > ModelChoice.MaxTextBytes)
            throw new InputError($"{model.Id}: its files but for weights have {bytes} bytes together; allowed: at most {ModelChoice.MaxTextBytes}");
        await FetchAsync(model, texts, "fetching texts", folder, progress, ct);
        if (model.IsAdapter)
            _ = PeftAdapter.BaseOf(folder);
        else
            ModelCheck.CheckText(folder);
        var weights = ModelCheck.WeightsAmong(folder, [.. candidates.Select(file => file.Path)]);
        await FetchAsync(model, [.. candidates.Where(file => weights.Contains(file.Path))], "fetching weights", folder, progress, ct);
    }

    private async Task FetchAsync(
        HubModel model, IReadOnlyList<HubFile> files, string step, string folder, Action<AddProgress>? progress, CancellationToken ct)
    {
        var total = files.Sum(file => file.Bytes);
        var missing = files.Sum(file => file.Bytes - HubTransfer.BytesOf(folder, file));
        if (_freeBytes(folder) is var free && free < missing)
            throw new InputError($"{model.Id}: {missing} bytes are still to be fetched, and the disk of {folder} has {free} left");
        var done = 0L;
        foreach (var file in files)
        {
            var before = done;
            await new HubTransfer(hub, settings, clock, model, file, folder).RunAsync(bytes => Report(before + bytes), ct);
            Report(before + file.Bytes);
        }

        void Report(long bytes) => progress?.Invoke(new AddProgress(step, done = bytes, total));
    }

    private static string Found(HubModel model)
    {
        var others = model.Files.Select(file => file.Path)
            .Where(path => Path.GetExtension(path) is ".bin" or ".pt" or ".pth" or ".gguf" or ".h5" or ".msgpack" or ".onnx").Take(3).ToList();
        return others.Count == 0 ? "no weights" : string.Join(", ", others);
    }

    private static long FreeBytesOf(string folder)
    {
        var full = Path.GetFullPath(folder);
        return new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(full)! : full).AvailableFreeSpace;
    }
}
