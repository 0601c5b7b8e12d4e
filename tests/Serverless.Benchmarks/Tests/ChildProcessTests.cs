namespace Serverless.Benchmarks.Tests;

/// <summary>Other programs, run to their end or to that of their time.</summary>
public sealed class ChildProcessTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_program_sees_the_variables_that_it_is_given()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "env is a program of Linux");
        var (output, _) = await ChildProcess.RunAsync("env", [], Ct, new Dictionary<string, string> { ["MALLOC_ARENA_MAX"] = "1" });
        Assert.Contains("MALLOC_ARENA_MAX=1", output.Split('\n'));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_program_that_does_not_end_in_its_time_is_ended_and_has_no_output()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "sleep is a program of Linux");
        Assert.Null(await ChildProcess.RunAsync("sleep", ["3600"], TimeSpan.FromMilliseconds(1), Ct));
        Assert.NotNull(await ChildProcess.RunAsync("sleep", ["0"], TimeSpan.FromSeconds(50), Ct));
    }
}
