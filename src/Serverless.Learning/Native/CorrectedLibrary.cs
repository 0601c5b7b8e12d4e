using System.Security.Cryptography;

namespace Serverless.Learning.Native;

/// <summary>
/// Keeps the corrected copy of TorchSharp's native library in a cache folder, named by the original's hash. The original is never
/// touched: build outputs may be hard links into the package cache, and published applications may lie on read-only mounts.
/// </summary>
internal static class CorrectedLibrary
{
    private const string FileName = "libLibTorchSharp.so";

    /// <summary>Path of the corrected copy, written now unless an earlier process did.</summary>
    /// <param name="originalPath">The library as the package ships it.</param>
    /// <param name="cacheFolders">Candidates, best first; the first that can be written is taken.</param>
    /// <exception cref="DllNotFoundException">The file is not the known one, or no folder can be written.</exception>
    public static string PathFor(string originalPath, IEnumerable<string> cacheFolders)
    {
        var original = File.ReadAllBytes(originalPath);
        byte[] corrected;
        try
        {
            corrected = StreamInitialiserImport.Correct(original);
        }
        catch (InvalidDataException fault)
        {
            throw new DllNotFoundException(
                $"{originalPath} needs a newer C++ library than this system has (libstdc++ with {StreamInitialiserImport.Version}), and it is "
                + $"not the file that can be adapted: {fault.Message}. Install a newer libstdc++, or use the TorchSharp version this "
                + "program was built with.", fault);
        }

        var faults = new List<string>();
        foreach (var cacheFolder in cacheFolders)
        {
            var folder = Path.Combine(cacheFolder, "serverless", "native", Convert.ToHexStringLower(SHA256.HashData(original))[..32]);
            try
            {
                return Keep(Path.Combine(folder, FileName), corrected);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                faults.Add($"{folder}: {fault.Message}");
            }
        }
        throw new DllNotFoundException(
            $"No cache folder can be written for the adapted copy of {originalPath}; set XDG_CACHE_HOME to one that can. Tried: "
            + string.Join("; ", faults));
    }

    /// <summary>Where caches belong: XDG_CACHE_HOME, the user's cache, the user's application data, the temporary folder.</summary>
    public static IEnumerable<string> CacheFolders()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string?[] candidates =
        [
            Environment.GetEnvironmentVariable("XDG_CACHE_HOME"),
            home.Length == 0 ? null : Path.Combine(home, ".cache"),
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData),
            Path.GetTempPath(),
        ];
        return candidates.OfType<string>().Where(Path.IsPathFullyQualified).Distinct();
    }

    /// <summary>An existing copy counts only with exactly the expected bytes; a new one appears whole or not at all.</summary>
    private static string Keep(string path, byte[] corrected)
    {
        if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(corrected)) return path;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = $"{path}.{Environment.ProcessId}.{Guid.NewGuid():n}";
        try
        {
            File.WriteAllBytes(temporary, corrected);
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
        return path;
    }
}
