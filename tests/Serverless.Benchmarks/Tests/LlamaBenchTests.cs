using System.Text.Json;
using Serverless.Benchmarks.Peers;

namespace Serverless.Benchmarks.Tests;

/// <summary>What is read of llama.cpp's benchmark.</summary>
public sealed class LlamaBenchTests
{
    [Fact]
    public void Each_test_is_found_by_its_file_and_threads()
    {
        var read = LlamaBench.Read("""
            [
              {"build_number": 0, "model_filename": "/tmp/models/135M-F32.gguf", "n_threads": 1, "n_prompt": 0, "n_gen": 64, "avg_ns": 1, "avg_ts": 41.5, "samples_ts": [41.5]},
              {"build_number": 0, "model_filename": "/tmp/models/135M-F32.gguf", "n_threads": 2, "n_prompt": 0, "n_gen": 64, "avg_ns": 1, "avg_ts": 62.25, "samples_ts": [62.25]}
            ]
            """);
        Assert.Equal(41.5, read[("135M-F32.gguf", 1)]);
        Assert.Equal(62.25, read[("135M-F32.gguf", 2)]);
    }

    [Fact]
    public void What_is_no_list_of_tests_is_no_reading() => Assert.ThrowsAny<JsonException>(() => LlamaBench.Read("error: [unknown"));

    [Fact]
    public void Each_decoding_and_reading_that_llama_does_is_a_scenario_of_ours_and_a_file_that_we_write()
    {
        Assert.All(new LlamaBench(new BenchmarkOptions()).Beside, scenario => Assert.Contains(scenario, ScenarioList.Figures));
        Assert.All(ScenarioList.DecodePairs.Concat(ScenarioList.PrefillPairs), pair => Assert.Contains(GgufModel.All, file => file.Type == pair.Type));
    }
}
