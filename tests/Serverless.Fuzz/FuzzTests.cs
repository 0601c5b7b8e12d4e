using System.Globalization;
using Serverless.Fuzz.Running;

namespace Serverless.Fuzz;

/// <summary>The short form: the same inputs every time, some hundreds a parser.</summary>
public sealed class FuzzTests
{
    private const int Executions = 600, Seed = 1;

    public static TheoryData<string> Names => [.. FuzzTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_parser_takes_an_input_or_refuses_it_as_the_callers_fault_soon_and_in_little_memory(string name)
    {
        var run = new FuzzRun(FuzzTargets.All.Single(target => target.Name == name), Seed);
        while (run.Executions < Executions)
            run.Step();
        Assert.True(run.Findings.Count == 0, string.Join("\n\n", run.Findings.Select(finding => $"execution {finding.Number}: {finding.Kind}\n{finding.Details}")));
    }

    [Fact]
    public void A_seed_and_a_number_make_the_same_input_every_time_and_other_numbers_others()
    {
        var target = FuzzTargets.All[0];
        var inputs = Enumerable.Range(0, 50).Select(number => Convert.ToHexString(new FuzzRun(target, 7).InputOf(1000 + number))).ToList();
        Assert.Equal(inputs, Enumerable.Range(0, 50).Select(number => Convert.ToHexString(new FuzzRun(target, 7).InputOf(1000 + number))));
        Assert.True(inputs.Distinct().Count() > 40);
    }

    [Fact]
    public void An_exception_much_memory_and_much_time_are_findings_and_a_refusal_is_none()
    {
        var finding = new FuzzTarget("bad", ["throw"u8.ToArray(), "memory"u8.ToArray(), "slow"u8.ToArray(), "refuse"u8.ToArray()], Misbehave) { Bytes = 1000, BytesPerByte = 0, Longest = TimeSpan.FromMilliseconds(20) };
        var run = new FuzzRun(finding, 1);
        for (var i = 0; i < 4; i++)
            run.Step();
        Assert.Equal(3, run.Findings.Count);
        Assert.Contains(run.Findings, found => found.Kind.StartsWith("InvalidOperationException", StringComparison.Ordinal) && found.Number == 0);
        Assert.Contains(run.Findings, found => found is { Kind: "memory", Number: 1 });
        Assert.Contains(run.Findings, found => found is { Kind: "slow", Number: 2 });
    }

    [Fact]
    public void Inputs_that_take_new_branches_of_the_product_are_kept_and_the_next_run_begins_with_them()
    {
        var folder = Directory.CreateTempSubdirectory("serverless-fuzz-").FullName;
        try
        {
            // In no time only what is there is run.
            var given = EdgesOf(folder, seconds: 0);
            Assert.True(EdgesOf(folder, seconds: 2) > given);
            Assert.True(EdgesOf(folder, seconds: 0) > given);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <returns>The edges in the row of a short run.</returns>
    private static int EdgesOf(string folder, double seconds)
    {
        var said = new StringWriter();
        Assert.Equal(0, InstrumentedProduct.Run(["--seconds", seconds.ToString(CultureInfo.InvariantCulture), "--target", "grader-formula", "--keep", folder], said));
        var row = Assert.Single(said.ToString().Split('\n'), line => line.StartsWith("| grader-formula", StringComparison.Ordinal));
        return int.Parse(row.Split('|')[4], NumberStyles.Number, CultureInfo.InvariantCulture);
    }

    private static void Misbehave(byte[] input)
    {
        switch (input[0])
        {
            case (byte)'t':
                throw new InvalidOperationException("found");
            case (byte)'m':
                GC.KeepAlive(new byte[100_000]);
                break;
            case (byte)'s':
                var end = Environment.CpuUsage.TotalTime + TimeSpan.FromMilliseconds(60);
                while (Environment.CpuUsage.TotalTime < end)
                    Thread.SpinWait(1000);
                break;
            default:
                throw new Serverless.Learning.InputError("refused");
        }
    }
}
