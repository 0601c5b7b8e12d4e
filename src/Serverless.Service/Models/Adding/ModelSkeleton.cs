using System.Buffers.Binary;
using Serverless.Learning.Formats;

namespace Serverless.Service.Models.Adding;

/// <summary>
/// A folder on this machine that looks like the model's: whole texts, and weights of which only the headers are there, with holes of the right
/// length behind them. It takes hardly any room, and shows everything that a check looks at.
/// </summary>
internal sealed class ModelSkeleton : IDisposable
{
    private const int LengthBytes = 8;
    private const long MaxHeaderBytes = 100_000_000;

    private readonly string _scratch;

    private ModelSkeleton(string scratch, string name)
    {
        _scratch = scratch;
        Folder = Path.Combine(scratch, name);
        Directory.CreateDirectory(Folder);
    }

    /// <summary>The folder; its last part is what messages call the model.</summary>
    public string Folder { get; }

    /// <summary>The model's files, by their names in its folder: all texts, and those weights that are part of the model.</summary>
    public IReadOnlyList<(string Name, ModelFile File)> Files { get; private set; } = [];

    /// <summary>Safetensors files that belong to no model or to another form of it.</summary>
    public IReadOnlyList<string> LeftOut { get; private set; } = [];

    /// <exception cref="Learning.InputError">A file cannot be read.</exception>
    public static async Task<ModelSkeleton> MakeAsync(IModelFiles source, ModelChoice choice, CancellationToken ct)
    {
        var skeleton = new ModelSkeleton(Directory.CreateTempSubdirectory("serverless-skeleton-").FullName, AddedName.Of(source.Name));
        try
        {
            foreach (var (name, file) in choice.Texts)
                await skeleton.CopyAsync(source, name, file, ct);
            var weights = ModelCheck.WeightsAmong(skeleton.Folder, [.. choice.Weights.Select(file => file.Name)]);
            var taken = choice.Weights.Where(file => weights.Contains(file.Name)).ToList();
            foreach (var (name, file) in taken)
                await skeleton.CopyHeaderAsync(source, name, file, ct);
            skeleton.Files = [.. choice.Texts.Concat(taken).OrderBy(file => file.Name, StringComparer.Ordinal)];
            skeleton.LeftOut = [.. choice.Weights.Except(taken).Select(file => file.File.Path)];
            return skeleton;
        }
        catch
        {
            skeleton.Dispose();
            throw;
        }
    }

    public void Dispose() => Directory.Delete(_scratch, recursive: true);

    private async Task CopyAsync(IModelFiles source, string name, ModelFile file, CancellationToken ct)
    {
        await using var from = await source.OpenAsync(file, ct);
        await using var to = File.Create(Path.Combine(Folder, name));
        await from.CopyToAsync(to, ct);
    }

    private async Task CopyHeaderAsync(IModelFiles source, string name, ModelFile file, CancellationToken ct)
    {
        await using var from = await source.OpenAsync(file, ct);
        await using var to = File.Create(Path.Combine(Folder, name));
        var length = new byte[LengthBytes];
        var found = await from.ReadAtLeastAsync(length, LengthBytes, throwOnEndOfStream: false, ct);
        await to.WriteAsync(length.AsMemory(0, found), ct);
        // A header that is too long is not copied; the check refuses it by its length.
        if (found == LengthBytes && BinaryPrimitives.ReadUInt64LittleEndian(length) is var header && header <= MaxHeaderBytes)
            await CopyAsync(from, to, (long)header, ct);
        to.SetLength(file.Bytes);
    }

    private static async Task CopyAsync(Stream from, Stream to, long bytes, CancellationToken ct)
    {
        var buffer = new byte[81_920];
        while (bytes > 0 && await from.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, bytes)), ct) is > 0 and var count)
        {
            await to.WriteAsync(buffer.AsMemory(0, count), ct);
            bytes -= count;
        }
    }
}
