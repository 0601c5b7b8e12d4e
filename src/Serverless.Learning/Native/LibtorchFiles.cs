using System.Runtime.InteropServices;

namespace Serverless.Learning.Native;

/// <summary>Finds and loads libtorch and TorchSharp's native library on Linux, corrected where the system's C++ library is too old.</summary>
internal static class LibtorchFiles
{
    private const string Wrapper = "libLibTorchSharp.so";

    /// <summary>
    /// Loads libc10, libtorch_cpu and libtorch and then the wrapper, so that TorchSharp finds all of them by name.
    /// </summary>
    /// <returns>The handles of libtorch_cpu, the wrapper and libtorch's OpenMP.</returns>
    /// <exception cref="DllNotFoundException">A library is missing, unknown or cannot be loaded.</exception>
    public static (nint LibtorchCpu, nint Wrapper, nint OpenMp) Load()
    {
        var wrapper = Find(Wrapper);
        _ = NativeLibrary.Load(Find("libc10.so"));
        var libtorchCpu = NativeLibrary.Load(Find("libtorch_cpu.so"));
        _ = NativeLibrary.Load(Find("libtorch.so"));
        if (!SystemHasStreamInitialiser()) wrapper = CorrectedLibrary.PathFor(wrapper, CorrectedLibrary.CacheFolders());
        // The name of libtorch's own libgomp carries a hash of its build.
        var openMp = Directory.GetFiles(Path.GetDirectoryName(Find("libtorch_cpu.so"))!, "libgomp*.so*").Order(StringComparer.Ordinal).FirstOrDefault();
        return (libtorchCpu, NativeLibrary.Load(wrapper), openMp is null ? 0 : NativeLibrary.Load(openMp));
    }

    /// <summary>Full path of a native library in the folders where the host looks for them.</summary>
    public static string Find(string name)
    {
        var folders = Folders().ToList();
        return folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
            ?? throw new DllNotFoundException($"{name} is in none of the folders {string.Join(", ", folders)}; build or publish the project again.");
    }

    private static bool SystemHasStreamInitialiser() =>
        NativeLibrary.TryLoad("libstdc++.so.6", out var cpp) && NativeLibrary.TryGetExport(cpp, StreamInitialiserImport.Symbol, out _);

    private static IEnumerable<string> Folders()
    {
        var known = (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return
        [
            .. known,
            AppContext.BaseDirectory,
            Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native"),
        ];
    }
}
