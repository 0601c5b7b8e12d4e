using System.Text;
using Serverless.Learning;

namespace Serverless.Service.Tests.Models.Adding;

public sealed class ArchiveFilesTests
{
    private static readonly byte[] s_text = Encoding.UTF8.GetBytes("""{"a": "some text that is stored as it is"}""");

    [Fact]
    public async Task What_is_no_archive_is_refused()
    {
        var fault = await Assert.ThrowsAsync<InputError>(() => ZipBytes.OpenAsync([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]));
        Assert.StartsWith("m.zip: found no zip archive that can be read (", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_is_refused_by_name() => Assert.Equal(
        "m.zip: config.json is a link or a device; allowed: plain files",
        (await Assert.ThrowsAsync<InputError>(() => ZipBytes.OpenAsync(
            ZipBytes.Single("config.json", Encoding.UTF8.GetBytes("/etc/passwd"), entry => entry.ExternalAttributes = unchecked((int)0xA1FF0000))))).Message);

    [Fact]
    public async Task Files_that_would_be_a_hundred_times_the_archive_are_refused_before_anything_is_unpacked()
    {
        var bomb = ZipBytes.Of(null, "", ("model.safetensors", new byte[20_000_000]));
        var fault = await Assert.ThrowsAsync<InputError>(() => ZipBytes.OpenAsync(bomb));
        Assert.Equal($"m.zip: its files are said to have 20000000 bytes, the archive has {bomb.Length}; allowed: at most 100 times as many", fault.Message);
    }

    [Fact]
    public async Task More_entries_than_any_model_has_are_refused()
    {
        var many = ZipBytes.Of(null, "", [.. Enumerable.Range(0, 2001).Select(i => ($"{i}.txt", Array.Empty<byte>()))]);
        var fault = await Assert.ThrowsAsync<InputError>(() => ZipBytes.OpenAsync(many));
        Assert.Equal("m.zip: found 2001 files and folders; allowed: at most 2000", fault.Message);
    }

    [Fact]
    public async Task Folders_count_as_entries()
    {
        var many = ZipBytes.Of(null, "", [.. Enumerable.Range(0, 2001).Select(i => ($"{i}/", Array.Empty<byte>()))]);
        var fault = await Assert.ThrowsAsync<InputError>(() => ZipBytes.OpenAsync(many));
        Assert.Equal("m.zip: found 2001 files and folders; allowed: at most 2000", fault.Message);
    }

    [Theory]
    [InlineData(1_000_000, "m.zip: the list of its files takes more than 4000000 bytes; allowed: at most as many")]
    // What does not fit what is stated is found before the bound is met.
    [InlineData(1, "m.zip: found no zip archive that can be read (")]
    public async Task A_list_of_a_million_folders_is_not_read_to_its_end_whatever_the_archive_states_about_it(int stated, string begins)
    {
        var bytes = ZipBytes.OfList(1_000_000, stated, '/', 0);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var fault = await Assert.ThrowsAsync<InputError>(() => ZipBytes.OpenAsync(bytes));
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.StartsWith(begins, fault.Message, StringComparison.Ordinal);
        Assert.InRange(allocated, 0, 100_000_000);
    }

    [Fact]
    public async Task Files_of_more_bytes_than_any_model_has_are_refused()
    {
        var fault = await Assert.ThrowsAsync<InputError>(() => ZipBytes.OpenAsync(ZipBytes.OfList(200, 200, 'x', 4_000_000_000)));
        Assert.StartsWith("m.zip: its files are said to have 800000000000 bytes; allowed: at most 200000000000\n", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_entry_without_a_name_leads_nowhere_and_is_refused()
    {
        // The length of the name in the central directory, at byte 28 of its header; the name's own bytes become the extra field.
        var bytes = ZipBytes.Of(null, "", ("x", s_text));
        var header = bytes.AsSpan().LastIndexOf("PK\u0001\u0002"u8);
        (bytes[header + 28], bytes[header + 30]) = (0, (byte)(bytes[header + 30] + 1));
        await using var files = await ZipBytes.OpenAsync(bytes);

        Assert.Equal(
            "m.zip: the name  leads out of the folder; allowed: names inside it",
            Assert.Throws<InputError>(() => Serverless.Service.Models.Adding.ModelChoice.Of(files)).Message);
    }

    [Fact]
    public async Task A_changed_byte_is_found_at_the_end_of_the_entry()
    {
        var bytes = ZipBytes.Single("config.json", s_text, _ => { });
        bytes[bytes.AsSpan().IndexOf(s_text) + 5] ^= 1;
        Assert.Matches("^m.zip: config.json cannot be unpacked: its CRC-32 is [0-9a-f]{8}; the archive states [0-9a-f]{8}$", await FaultOfAsync(bytes));
    }

    [Fact]
    public async Task An_entry_that_holds_more_or_less_than_the_archive_states_is_refused()
    {
        // The uncompressed size in the central directory, at byte 24 of its header.
        var bytes = ZipBytes.Of(null, "", ("config.json", s_text));
        var size = bytes.AsSpan().LastIndexOf("PK\u0001\u0002"u8) + 24;
        bytes[size]++;
        Assert.Equal($"m.zip: config.json cannot be unpacked: it has {s_text.Length} bytes; the archive states {s_text.Length + 1}", await FaultOfAsync(bytes));
        bytes[size] -= 2;
        Assert.StartsWith("m.zip: config.json cannot be unpacked: its CRC-32 is ", await FaultOfAsync(bytes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damaged_compressed_data_are_a_fault_of_the_archive()
    {
        var bytes = ZipBytes.Of(null, "", ("config.json", [.. Enumerable.Range(0, 5000).Select(i => (byte)(i * i >> 3))]));
        for (var i = 60; i < 90; i++) bytes[i] = 0xFF;
        Assert.StartsWith("m.zip: config.json cannot be unpacked: ", await FaultOfAsync(bytes), StringComparison.Ordinal);
    }

    private static async Task<string> FaultOfAsync(byte[] bytes)
    {
        await using var archive = await ZipBytes.OpenAsync(bytes);
        return (await Assert.ThrowsAsync<InputError>(async () =>
        {
            await using var content = await archive.OpenAsync(archive.Files[0], default);
            await content.CopyToAsync(Stream.Null);
        })).Message;
    }
}
