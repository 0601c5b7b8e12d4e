using System.Net;
using System.Security.Cryptography;
using System.Text;
using Serverless.Learning;

namespace Serverless.Service.Models.Hub;

/// <summary>Fetches one file, going on after interruptions where it was, and holds it against its hash.</summary>
internal sealed class HubTransfer(HubClient hub, HubSettings settings, TimeProvider clock, HubModel model, HubFile file, string folder)
{
    private const int BufferBytes = 1 << 17;

    // What writing to a full disk fails with: ENOSPC, and ERROR_DISK_FULL of Windows.
    private const int UnixDiskFull = 28, WindowsDiskFull = unchecked((int)0x80070070);

    private string Target => Path.Combine(folder, file.Path);

    private string Partial => PartialOf(folder, file);

    /// <summary>How many bytes of the file are there.</summary>
    public static long BytesOf(string folder, HubFile file) =>
        LengthOf(Path.Combine(folder, file.Path)) is > 0 and var whole ? whole : Math.Min(file.Bytes, LengthOf(PartialOf(folder, file)));

    /// <param name="progress">Told how many bytes of the file are there.</param>
    /// <exception cref="InputError">The transfer broke off too often, the disk is full, or the file is not what the hub says.</exception>
    public async Task RunAsync(Action<long> progress, CancellationToken ct)
    {
        // Only what was found right bears this name.
        if (File.Exists(Target)) return;
        var failures = 0;
        while (LengthOf(Partial) < file.Bytes)
        {
            var before = LengthOf(Partial);
            try
            {
                await AppendAsync(before, progress, ct);
            }
            catch (Exception fault) when (IsInterruption(fault, ct))
            {
                failures = LengthOf(Partial) > before ? 0 : failures + 1;
                if (failures >= settings.MaxTries)
                    throw new InputError(
                        $"{model.Id}, {file.Path}: the transfer broke off at {LengthOf(Partial)} of {file.Bytes} bytes ({fault.Message}); the same command goes on from there", innerException: fault);
                await Task.Delay(settings.Pause, clock, ct);
            }
        }

        if (file.Bytes == 0) await File.WriteAllBytesAsync(Partial, [], ct);
        await CheckAsync(ct);
        File.Move(Partial, Target);
    }

    private async Task AppendAsync(long from, Action<long> progress, CancellationToken ct)
    {
        // Pushed on with every reading: a transfer that stands still is a broken one.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(settings.Patience);
        using var answer = await hub.OpenAsync(model, file, from, patience.Token);
        if (answer.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable || answer.Content.Headers.ContentRange is { From: { } first } && first != from)
        {
            File.Delete(Partial);
            throw new HttpRequestException("the hub cannot go on from there");
        }

        var there = answer.StatusCode == HttpStatusCode.PartialContent ? from : 0;
        await using var content = await answer.Content.ReadAsStreamAsync(patience.Token);
        await using var partial = new FileStream(Partial, there == 0 ? FileMode.Create : FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        var buffer = new byte[BufferBytes];
        while (await content.ReadAsync(buffer, patience.Token) is > 0 and var count)
        {
            patience.CancelAfter(settings.Patience);
            await WriteAsync(partial, buffer.AsMemory(0, count), ct);
            progress(there += count);
            if (there > file.Bytes)
                throw Wrong($"the hub sent more than the {file.Bytes} bytes that it states");
        }

        if (there < file.Bytes)
            throw new HttpRequestException("the answer ended early");
    }

    private async Task WriteAsync(FileStream partial, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        try
        {
            await partial.WriteAsync(bytes, ct);
        }
        catch (IOException fault) when ((fault.HResult & 0xFFFF) == UnixDiskFull || fault.HResult == WindowsDiskFull)
        {
            throw new InputError($"{model.Id}, {file.Path}: the disk of {folder} is full; the same command goes on when there is room", innerException: fault);
        }
    }

    private async Task CheckAsync(CancellationToken ct)
    {
        await using (var partial = new FileStream(Partial, FileMode.Open, FileAccess.Read, FileShare.Read, BufferBytes))
        {
            var (name, found) = file.Sha256 is not null
                ? ("SHA-256", Convert.ToHexStringLower(await SHA256.HashDataAsync(partial, ct)))
                : ("git SHA-1", await GitNameAsync(partial, ct));
            var stated = file.Sha256 ?? file.BlobSha1;
            if (found == stated) return;
            throw Wrong($"its {name} is {found}, and the hub states {stated}");
        }
    }

    private static async Task<string> GitNameAsync(FileStream content, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(Encoding.ASCII.GetBytes($"blob {content.Length}\0"));
        var buffer = new byte[BufferBytes];
        while (await content.ReadAsync(buffer, ct) is > 0 and var count)
            hash.AppendData(buffer, 0, count);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private InputError Wrong(string finding)
    {
        File.Delete(Partial);
        return new InputError($"{model.Id}, {file.Path}: {finding}; it was thrown away, and the same command fetches it again");
    }

    private static bool IsInterruption(Exception fault, CancellationToken ct) =>
        !ct.IsCancellationRequested && fault is HttpRequestException or IOException or OperationCanceledException;

    private static string PartialOf(string folder, HubFile file) => Path.Combine(folder, file.Path + ".partial");

    private static long LengthOf(string path) => new FileInfo(path) is { Exists: true } found ? found.Length : 0;
}
