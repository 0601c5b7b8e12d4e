using Serverless.Learning;

namespace Serverless.Benchmarks.Tests;

/// <summary>What the command line takes.</summary>
public sealed class BenchmarkOptionsTests
{
    [Fact]
    public void Other_programs_are_named_by_their_paths()
    {
        var options = BenchmarkOptions.Read(["--python", "/usr/bin/python3", "--llama-bench", "/opt/llama-bench", "--rounds", "2"]);
        Assert.Equal(("/usr/bin/python3", "/opt/llama-bench", 2), (options.Python, options.LlamaBench, options.Rounds));
    }

    [Fact]
    public void Only_takes_one_of_several_parts_of_a_name_in_any_case()
    {
        var options = BenchmarkOptions.Read(["--only", "DPO|prefill"]);
        Assert.True(options.Asks("dpo, sample-8m"));
        Assert.True(options.Asks("prefill, 135M"));
        Assert.False(options.Asks("decode, 135M"));
        Assert.True(BenchmarkOptions.Read([]).Asks("anything"));
    }

    [Theory]
    [InlineData("--llama-bench", null, "--llama-bench: found no value; see --help")]
    [InlineData("--rounds", "0", "--rounds: found \"0\"; allowed: a whole number from 1 to 100")]
    [InlineData("--fast", "1", "--fast: is not an option; see --help")]
    public void A_wrong_word_is_refused_with_what_is_allowed(string name, string? value, string message) =>
        Assert.Equal(message, Assert.Throws<InputError>(() => BenchmarkOptions.Read(value is null ? [name] : [name, value])).Message);

    [Fact]
    public void Every_scenario_has_a_name_of_its_own_by_which_a_child_finds_it()
    {
        var names = ScenarioList.Ceilings.Concat(ScenarioList.Figures).Select(scenario => scenario.Name).ToList();
        Assert.Equal(names.Count, names.Distinct().Count());
    }
}
