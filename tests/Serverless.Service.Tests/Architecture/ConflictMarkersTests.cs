using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Serverless.Service.Tests.Architecture;

/// <summary>What a merge that was not finished leaves in files.</summary>
public sealed class ConflictMarkersTests
{
    [Fact]
    public async Task No_tracked_text_file_holds_a_conflict_of_a_merge()
    {
        var paths = await TrackedAsync();
        Assert.Contains("Serverless.sln", paths);
        var found = new List<string>();
        foreach (var path in paths)
        {
            var file = Path.Combine(RepositoryFolder.Root, path);
            if (!File.Exists(file))
                continue;
            var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
            // As git tells text from the rest.
            if (!bytes.AsSpan(0, Math.Min(bytes.Length, 8000)).Contains((byte)0))
                found.AddRange(Lines(Encoding.UTF8.GetString(bytes)).Select(line => $"{path} line {line}"));
        }
        Assert.Empty(found);
    }

    [Theory]
    [InlineData("a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> other\n", 2, 6)]
    [InlineData("<<<<<<< HEAD\r\nb\r\n", 1)]
    [InlineData("Title\n=======\n <<<<<<< HEAD\n<<<<<<<\n<<<<<<<<\n>>>>>>>> x\n")]
    public void A_marker_stands_at_the_beginning_of_a_line_with_a_name_behind_it(string text, params int[] lines) => Assert.Equal(lines, Lines(text));

    /// <summary>The numbers of the lines that are markers, from 1.</summary>
    private static IEnumerable<int> Lines(string text) => text.Split('\n').Index()
        .Where(line => line.Item.StartsWith("<<<<<<< ", StringComparison.Ordinal) || line.Item.StartsWith(">>>>>>> ", StringComparison.Ordinal))
        .Select(line => line.Index + 1);

    private static async Task<string[]> TrackedAsync()
    {
        var start = new ProcessStartInfo("git", ["-C", RepositoryFolder.Root, "ls-files", "-z"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var git = Process.Start(start)!;
            var errors = git.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var names = await git.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await git.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.SkipUnless(git.ExitCode == 0, $"git does not know which files are tracked: {await errors}");
            return names.Split('\0', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Win32Exception)
        {
            Assert.Skip("there is no git here");
            return [];
        }
    }
}
