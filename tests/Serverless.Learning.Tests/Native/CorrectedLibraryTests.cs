using System.Security.Cryptography;
using Serverless.Learning.Native;

namespace Serverless.Learning.Tests.Native;

public sealed class CorrectedLibraryTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("native-").FullName;

    [Fact]
    public void The_copy_lies_in_the_cache_folder_and_the_original_is_untouched()
    {
        var original = Library();
        var before = SHA256.HashData(File.ReadAllBytes(original));
        var copy = CorrectedLibrary.PathFor(original, [folder]);
        Assert.StartsWith(folder, copy, StringComparison.Ordinal);
        Assert.Equal("libLibTorchSharp.so", Path.GetFileName(copy));
        Assert.Equal(before, SHA256.HashData(File.ReadAllBytes(original)));
        Assert.Equal(StreamInitialiserImport.Correct(File.ReadAllBytes(original)), File.ReadAllBytes(copy));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(copy)!));
    }

    [Fact]
    public void A_copy_that_is_whole_is_kept_and_a_damaged_one_is_written_again()
    {
        var copy = CorrectedLibrary.PathFor(Library(), [folder]);
        var long_ago = new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(copy, long_ago);
        CorrectedLibrary.PathFor(Library(), [folder]);
        Assert.Equal(long_ago, File.GetLastWriteTimeUtc(copy));

        File.WriteAllText(copy, "half a copy");
        CorrectedLibrary.PathFor(Library(), [folder]);
        Assert.Equal(new FileInfo(Library()).Length, new FileInfo(copy).Length);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_gives_way_to_the_next()
    {
        var copy = CorrectedLibrary.PathFor(Library(), [FileInTheWay(), folder]);
        Assert.StartsWith(Path.Combine(folder, "serverless"), copy, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_any_folder_the_message_names_the_setting()
    {
        var fault = Assert.Throws<DllNotFoundException>(() => CorrectedLibrary.PathFor(Library(), [FileInTheWay()]));
        Assert.StartsWith(
            $"No cache folder can be written for the adapted copy of {Library()}; set XDG_CACHE_HOME to one that can. Tried: {folder}",
            fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_foreign_file_is_refused_with_the_reason_and_the_remedy()
    {
        var foreign = Path.Combine(folder, "libLibTorchSharp.so");
        File.WriteAllText(foreign, "not a library");
        var fault = Assert.Throws<DllNotFoundException>(() => CorrectedLibrary.PathFor(foreign, [folder]));
        Assert.Equal(
            $"{foreign} needs a newer C++ library than this system has (libstdc++ with GLIBCXX_3.4.32), and it is not the file that can be "
            + "adapted: not a 64-bit little-endian ELF file. Install a newer libstdc++, or use the TorchSharp version this program was built with.",
            fault.Message);
    }

    [Fact]
    public void The_last_candidate_is_the_temporary_folder()
    {
        Assert.Equal(Path.GetTempPath(), CorrectedLibrary.CacheFolders().Last());
        Assert.All(CorrectedLibrary.CacheFolders(), candidate => Assert.True(Path.IsPathFullyQualified(candidate)));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static string Library()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "TorchSharp's Linux library is in Linux outputs only.");
        return LibtorchFiles.Find("libLibTorchSharp.so");
    }

    private string FileInTheWay()
    {
        var path = Path.Combine(folder, "in-the-way");
        File.WriteAllText(path, "");
        return path;
    }
}
