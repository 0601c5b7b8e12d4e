using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Learning.Formats;
using Serverless.Learning.Models;
using Serverless.Learning.Native;
using Serverless.Learning.Tests.Formats;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Models;

/// <summary>What loading a model costs is looked at in a process of its own, whose memory nothing else uses.</summary>
public sealed class LoadingMemoryTests
{
    private const string Folder = "LOADED_MODEL_FOLDER", Storage = "LOADED_MODEL_STORAGE";
    private const long MB = 1_000_000;

    // The embedding, the largest tensor, is 16 MB as stored; mapped pages of it, code that is compiled on the way, and the tables of positions are all
    // that is allowed beside what is not left in the file.
    private const long Allowed = 32 * MB;

    [Theory]
    [InlineData(MatrixStorage.AsStored, 0)] // 42 million weights in bfloat16, as the file has them: its own pages, which nothing has touched yet
    [InlineData(MatrixStorage.Float32, 168)]
    [InlineData(MatrixStorage.Int8, 44)]
    [InlineData(MatrixStorage.Nf4, 17)] // and so is the embedding
    public async Task Loading_a_sharded_model_needs_little_more_memory_than_the_model(MatrixStorage storage, int modelMB)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "A process's highest memory is read from /proc.");
        using var folder = new TemporaryFolder();
        WriteSharded(folder.Path);
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            ArgumentList = { "-explicit", "only", "-method", $"{typeof(LoadingMemoryTests).FullName}.{nameof(Alone_loads)}", "-noColor" },
            RedirectStandardOutput = true,
            Environment = { [Folder] = folder.Path, [Storage] = storage.ToString() },
        };
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0 && File.Exists(folder["grown"]), output);

        var grown = long.Parse(await File.ReadAllTextAsync(folder["grown"], TestContext.Current.CancellationToken), CultureInfo.InvariantCulture);
        TestContext.Current.TestOutputHelper?.WriteLine($"{storage}: {modelMB} MB of weights, memory grew by {grown / MB} MB at most");
        // Not less than the model either: then something else was measured.
        Assert.InRange(grown, modelMB * MB * 9 / 10, modelMB * MB + Allowed);
    }

    [Fact(Explicit = true)]
    public void Alone_loads()
    {
        var folder = Environment.GetEnvironmentVariable(Folder) ?? throw new InvalidOperationException($"{Folder} is not set");
        NativeRuntime.EnsureLoaded();
        using (ones(1000, 1000).mm(ones(1000, 1000)))
        {
            // The library's own first use.
        }

        var before = Kilobytes("VmRSS:");
        using var decoder = Decoder.Load(folder, storage: Enum.Parse<MatrixStorage>(Environment.GetEnvironmentVariable(Storage)!));
        File.WriteAllText(Path.Combine(folder, "grown"), ((Kilobytes("VmHWM:") - before) * 1024).ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Eight layers of width 512 and 16,000 tokens in three shards of bfloat16, 84 MB.</summary>
    private static void WriteSharded(string folder)
    {
        NativeRuntime.EnsureLoaded();
        var config = new JsonObject
        {
            ["model_type"] = "llama", ["vocab_size"] = 16_000, ["hidden_size"] = 512, ["intermediate_size"] = 2048, ["num_hidden_layers"] = 8, ["num_attention_heads"] = 8,
            ["num_key_value_heads"] = 8, ["rms_norm_eps"] = 1e-6, ["rope_theta"] = 10000.0, ["max_position_embeddings"] = 512, ["tie_word_embeddings"] = true,
        };
        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString());
        var shapes = DecoderConfig.Load(folder).WeightShapes().ToList();
        var index = new Dictionary<string, string>();
        foreach (var (shard, number) in shapes.Chunk(shapes.Count / 3 + 1).Select((shard, number) => (shard, number)))
        {
            using var scope = NewDisposeScope();
            var name = $"model-{number + 1:00000}-of-00003.safetensors";
            SafetensorsWriter.Write(
                Path.Combine(folder, name), shard.Select(shape => KeyValuePair.Create(shape.Key, full(shape.Value, 0.25, ScalarType.BFloat16))), new Dictionary<string, string>());
            foreach (var (tensor, _) in shard)
                index[tensor] = name;
        }

        File.WriteAllText(Path.Combine(folder, "model.safetensors.index.json"), JsonSerializer.Serialize(new { weight_map = index }));
    }

    private static long Kilobytes(string line) => long.Parse(
        File.ReadLines("/proc/self/status").First(text => text.StartsWith(line, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Split('\t')[^1],
        CultureInfo.InvariantCulture);
}
