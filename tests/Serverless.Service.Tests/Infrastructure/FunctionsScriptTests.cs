using System.Diagnostics;

namespace Serverless.Service.Tests.Infrastructure;

/// <summary><c>.ci/functions</c> with a compiler that says what it is told to.</summary>
public sealed class FunctionsScriptTests : IDisposable
{
    private const string Missing = "/src/Functions.csproj : error NU1101: Unable to find package Microsoft.DurableTask.Client. No packages exist with this id [/src/Functions.csproj]";
    private const string Wrong = "/src/Program.cs(3,1): error CS0103: The name 'x' does not exist in the current context [/src/Functions.csproj]";
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(0, 0, "Build succeeded.")]
    [InlineData(3, 1, Missing)]
    [InlineData(1, 1, Wrong)]
    [InlineData(1, 1, Missing, Wrong)]
    [InlineData(1, 1, Missing, "MSBUILD : error : something without a number")]
    [InlineData(1, 1, "Killed")]
    public async Task Only_packages_that_are_missing_excuse_a_build_that_fails(int expected, int exitCode, params string[] said)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Needs a shell script.");
        var compiler = Path.Combine(_folder.Path, "dotnet");
        var lines = string.Join('\n', said.Select(line => $"echo \"{line}\""));
        await File.WriteAllTextAsync(compiler, $"#!/usr/bin/env bash\n{lines}\n[ \"$1\" = test ] && exit 0\nexit {exitCode}\n", TestContext.Current.CancellationToken);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(compiler, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var start = new ProcessStartInfo(Path.Combine(BicepFile.Folder, "..", ".ci", "functions")) { RedirectStandardOutput = true };
        start.Environment["PATH"] = $"{_folder.Path}:{Environment.GetEnvironmentVariable("PATH")}";

        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(expected, process.ExitCode);
        Assert.Equal(
            expected == 3,
            output.EndsWith(
                "The Functions head was neither built nor tested, because the package registry at hand lacks what it needs:\n"
                + "error NU1101: Unable to find package Microsoft.DurableTask.Client. No packages exist with this id\n", StringComparison.Ordinal));
    }

    public void Dispose() => _folder.Dispose();
}
