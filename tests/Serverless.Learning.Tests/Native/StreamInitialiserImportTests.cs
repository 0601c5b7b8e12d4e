using System.Buffers.Binary;
using System.Text;
using Serverless.Learning.Native;

namespace Serverless.Learning.Tests.Native;

public sealed class StreamInitialiserImportTests
{
    private readonly byte[] original = ReadLibrary();

    [Fact]
    public void Only_the_name_the_version_and_its_hash_differ_from_the_original()
    {
        var corrected = StreamInitialiserImport.Correct(original);

        var name = Find(original, "_ZSt21ios_base_library_initv\0");
        var version = Find(original, "GLIBCXX_3.4.32\0");
        // The loader's hash of GLIBCXX_3.4.32 is 0x0297f842; of GLIBCXX_3.4.20 it is 0x0297f870.
        var hash = Find(original, [0x42, 0xf8, 0x97, 0x02]);
        Assert.Equal([0x70, 0xf8, 0x97, 0x02], corrected[hash..(hash + 4)]);
        Assert.Equal(original.Length, corrected.Length);
        Assert.Equal("_ZSt13get_terminatev\0\0\0\0\0\0\0\0\0", Encoding.ASCII.GetString(corrected, name, 29));
        Assert.Equal("GLIBCXX_3.4.20\0", Encoding.ASCII.GetString(corrected, version, 15));
        var changed = Enumerable.Range(0, original.Length).Where(i => original[i] != corrected[i]);
        Assert.All(changed, i => Assert.True(
            InRange(i, name, 28) || InRange(i, version, 14) || InRange(i, hash, 4), $"byte {i:x} changed, too"));
    }

    [Fact]
    public void The_version_entry_carries_the_hash_that_the_linker_gave_to_the_same_version_elsewhere_in_the_file()
    {
        var corrected = StreamInitialiserImport.Correct(original);
        var image = new ElfImage(corrected);
        var hashes = image.NeededVersions().Where(v => image.StringAt(v.Name) == "GLIBCXX_3.4.20")
            .Select(v => BinaryPrimitives.ReadUInt32LittleEndian(corrected.AsSpan(v.Entry))).ToList();
        Assert.Equal(2, hashes.Count);
        Assert.Equal(hashes[0], hashes[1]);
        Assert.DoesNotContain(image.NeededVersions(), v => image.StringAt(v.Name) == "GLIBCXX_3.4.32");
    }

    [Fact]
    public void Correcting_leaves_the_given_bytes_as_they_are()
    {
        var before = (byte[])original.Clone();
        StreamInitialiserImport.Correct(original);
        Assert.Equal(before, original);
    }

    [Fact]
    public void A_file_without_the_new_version_is_refused()
    {
        var corrected = StreamInitialiserImport.Correct(original);
        var fault = Assert.Throws<InvalidDataException>(() => StreamInitialiserImport.Correct(corrected));
        Assert.Equal("0 entries for version GLIBCXX_3.4.32 instead of one", fault.Message);
    }

    [Fact]
    public void A_file_that_imports_another_symbol_of_the_new_version_is_refused()
    {
        var other = (byte[])original.Clone();
        other[Find(other, "_ZSt21ios_base_library_initv\0") + 5] = (byte)'x';
        var fault = Assert.Throws<InvalidDataException>(() => StreamInitialiserImport.Correct(other));
        Assert.Equal(
            "with version GLIBCXX_3.4.32 it imports '_ZSt2xios_base_library_initv' instead of '_ZSt21ios_base_library_initv' alone",
            fault.Message);
    }

    [Fact]
    public void A_file_that_is_cut_anywhere_in_its_tables_or_has_a_byte_changed_there_is_corrected_or_refused()
    {
        var random = new Random(5);
        for (var i = 0; i < 300; i++)
        {
            var damaged = i % 2 == 0 ? original[..random.Next(0x49000)] : (byte[])original.Clone();
            for (var j = 0; j < 20 && damaged.Length > 0; j++) damaged[random.Next(Math.Min(damaged.Length, i % 3 == 0 ? 0x400 : 0x41000))] ^= (byte)random.Next(256);
            var fault = Record.Exception(() => StreamInitialiserImport.Correct(damaged));
            Assert.True(fault is null or InvalidDataException, $"damage {i}: {fault}");
        }
    }

    private static bool InRange(int i, int start, int length) => i >= start && i < start + length;

    private static int Find(byte[] file, string text) => Find(file, Encoding.ASCII.GetBytes(text));

    private static int Find(byte[] file, byte[] pattern)
    {
        var at = file.AsSpan().IndexOf(pattern);
        Assert.True(at >= 0, "the pattern is not in the library");
        return at;
    }

    private static byte[] ReadLibrary()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "TorchSharp's Linux library is in Linux outputs only.");
        return File.ReadAllBytes(LibtorchFiles.Find("libLibTorchSharp.so"));
    }
}
