using Serverless.Learning.Formats.Gguf;
using Serverless.Tests;
using TorchSharp;
using static Serverless.Learning.Tests.Formats.Gguf.RawGguf;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Formats.Gguf;

/// <summary>
/// The keys of each architecture, in the words and types of GGUF's specification (docs/gguf.md of ggml), read without the product's reader. The
/// models have 4 query heads of 16 channels if nothing else is said, 2 key-value heads, 2 layers, width 64 and 96 inside.
/// </summary>
public sealed class GgufKeyTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly DisposeScope scope;

    public GgufKeyTests()
    {
        TinyModel.Write(folder["model"]);
        scope = NewDisposeScope();
    }

    public static TheoryData<string, string, string[]> Families => new()
    {
        { "llama", "llama", [] },
        { "llama-3", "llama", ["attention.key_length=4:32", "attention.value_length=4:32", "rope.dimension_count=4:32", "rope.freq_base=6:500000"] },
        { "llama-biased", "llama", ["rope.scaling.type=8:linear", "rope.scaling.factor=6:2.5"] },
        { "mistral", "llama", ["context_length=4:6"] },
        { "qwen2", "qwen2", ["rope.freq_base=6:1000000"] },
        { "qwen2-yarn", "qwen2", ["rope.scaling.type=8:yarn", "rope.scaling.factor=6:4", "rope.scaling.original_context_length=4:16"] },
        { "qwen3", "qwen3", ["attention.key_length=4:32", "attention.value_length=4:32", "rope.dimension_count=4:32", "rope.freq_base=6:1000000"] },
        { "phi3", "phi3", ["context_length=4:7", "attention.sliding_window=4:7", "attention.layer_norm_rms_epsilon=6:1E-05"] },
        {
            "phi3-longrope", "phi3",
            ["attention.sliding_window=4:0", "rope.dimension_count=4:12", "rope.scaling.original_context_length=4:32", "rope.scaling.attn_factor=6:1.0954452"]
        },
        { "gemma2", "gemma2", ["attention.sliding_window=4:5", "attn_logit_softcapping=6:2", "final_logit_softcapping=6:3"] },
        {
            "gemma3", "gemma3",
            ["block_count=4:7", "attention.sliding_window=4:5", "rope.freq_base=6:1000000", "rope.scaling.type=8:linear", "rope.scaling.factor=6:8"]
        },
    };

    /// <param name="own">Where the family differs from the first, as key=type:value.</param>
    [Theory]
    [MemberData(nameof(Families))]
    public void An_architecture_has_exactly_its_keys_with_the_types_of_the_specification(string family, string architecture, string[] own)
    {
        GgufFamily.Write(folder["model"], family);
        var expected = new Dictionary<string, string>
        {
            ["block_count"] = "4:2", ["context_length"] = "4:64", ["embedding_length"] = "4:64", ["feed_forward_length"] = "4:96", ["attention.head_count"] = "4:4",
            ["attention.head_count_kv"] = "4:2", ["attention.key_length"] = "4:16", ["attention.value_length"] = "4:16", ["attention.layer_norm_rms_epsilon"] = "6:1E-06",
            ["vocab_size"] = "4:300", ["rope.dimension_count"] = "4:16", ["rope.freq_base"] = "6:10000",
        };
        foreach (var difference in own)
            expected[difference[..difference.IndexOf('=')]] = difference[(difference.IndexOf('=') + 1)..];

        var file = Export(GgufType.F32);

        Assert.Equal((OfText, (object)architecture), file.Pairs["general.architecture"]);
        var found = file.Pairs.Where(pair => pair.Key.StartsWith(architecture + ".", StringComparison.Ordinal))
            .ToDictionary(pair => pair.Key[(architecture.Length + 1)..], pair => FormattableString.Invariant($"{pair.Value.Type}:{pair.Value.Value}"));
        Assert.Equal(expected.OrderBy(pair => pair.Key, StringComparer.Ordinal), found.OrderBy(pair => pair.Key, StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(GgufType.F32, 0, 0)]
    [InlineData(GgufType.F16, 1, 1)]
    [InlineData(GgufType.BF16, 32, 30)]
    [InlineData(GgufType.Q8_0, 7, 8)]
    [InlineData(GgufType.Q4_0, 2, 2)]
    public void The_file_says_what_it_is_and_tensors_lie_at_aligned_places(GgufType type, uint fileType, uint tensorType)
    {
        GgufFamily.Write(folder["model"], "qwen2");

        var file = Export(type);

        // general.file_type counts as llama.cpp's llama_ftype does, a tensor's type as ggml_type.
        Assert.Equal((OfUInt32, (object)fileType), file.Pairs["general.file_type"]);
        Assert.Equal((OfUInt32, (object)2u), file.Pairs["general.quantization_version"]);
        Assert.Equal((OfText, (object)"model"), file.Pairs["general.type"]);
        Assert.Equal((OfText, (object)"a name"), file.Pairs["general.name"]);
        Assert.False(file.Pairs.ContainsKey("general.alignment")); // so it is 32
        var (dimensions, stored, _) = file.Tensors["blk.0.ffn_down.weight"];
        Assert.Equal([96ul, 64ul], dimensions); // [out, in] with the innermost first
        Assert.Equal(tensorType, stored);
        Assert.All(file.Tensors.Values, tensor => Assert.Equal(0ul, tensor.Offset % 32));
        Assert.Equal(0ul, file.Tensors["token_embd.weight"].Offset);
        var elements = (file.HeaderBytes + 31) / 32 * 32;
        var (last, _, offset) = file.Tensors["output_norm.weight"]; // 64 floats in any type
        Assert.Equal([64ul], last);
        Assert.Equal(elements + (long)offset + 64 * sizeof(float), new FileInfo(folder["model.gguf"]).Length);
    }

    public void Dispose()
    {
        scope.Dispose();
        folder.Dispose();
    }

    private RawGguf Export(GgufType type)
    {
        GgufExport.Write(folder["model"], folder["model.gguf"], type, "a name");
        return Read(folder["model.gguf"]);
    }
}
