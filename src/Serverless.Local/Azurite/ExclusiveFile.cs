namespace Serverless.Local.Azurite;

/// <summary>A file that one process at a time holds open; the operating system lets go of it when that process dies, however it dies.</summary>
internal static class ExclusiveFile
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Holds the file, or returns null while another process holds it.</summary>
    public static FileStream? TryHold(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }

    /// <summary>Holds the file, waiting for whoever holds it now.</summary>
    public static async Task<FileStream> WaitAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryHold(path) is { } held) return held;
            await Task.Delay(Pause, cancellationToken);
        }
    }
}
