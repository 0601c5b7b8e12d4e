using Serverless.Learning.Models;
using Serverless.Learning.Models.Positions;
using Serverless.Learning.Native;
using Serverless.Learning.Pretraining;
using Serverless.Learning.Text;

namespace Serverless.Tests;

/// <summary>A model folder of random weights, small enough that a training step takes milliseconds: 2 layers, width 32, 300 tokens.</summary>
public static class TinyModel
{
    private static readonly string[] Sentences =
    [
        "the parcel has not arrived and the tracking page shows nothing", "my card was charged twice for the same order",
        "I cannot sign in to my account since yesterday", "please send the invoice again to the new address",
        "the screen stays black after the update", "billing", "shipping", "account", "Name the team that should answer the ticket.",
    ];

    /// <summary>Writes the folder and returns its path.</summary>
    /// <param name="headSize">With a multiple of 16 answers grow as those of real models do, by kernels of their own.</param>
    public static string Write(string folder, long seed = 1, int headSize = 8, int layers = 2)
    {
        NativeRuntime.EnsureLoaded();
        Directory.CreateDirectory(folder);
        var tokenizerPath = Path.Combine(folder, "tokenizer.json");
        File.WriteAllBytes(tokenizerPath, BpeTrainer.Train(Sentences, new BpeTrainingOptions(300, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"])));
        var tokenizer = Tokenizer.Load(tokenizerPath);
        var config = Config(tokenizer, headSize) with { Layers = layers };
        using var decoder = new Decoder(config, InitialWeights.Draw(config, seed));
        PretrainedFolder.Write(folder, config, tokenizer, decoder.Weights);
        return folder;
    }

    /// <summary>The same with a template that opens the thinking in the prompt and leaves it out of the conversation, as that of the DeepSeek-R1 distillations does.</summary>
    public static string WriteThinking(string folder)
    {
        Write(folder);
        File.WriteAllText(Path.Combine(folder, "chat_template.jinja"), """
            {%- for message in messages %}{%- set text = message.content %}{%- if '</think>' in text %}{%- set text = text.split('</think>')[-1] %}{%- endif %}
            {{- '<|im_start|>' + message.role + '\n' + text + '<|im_end|>' + '\n' }}{%- endfor %}
            {%- if add_generation_prompt %}{{- '<|im_start|>assistant\n<think>\n' }}{%- endif %}
            """);
        return folder;
    }

    /// <summary>The same with a short template that names the tools and writes calls of them between marks.</summary>
    public static string WriteCalling(string folder)
    {
        Write(folder);
        File.WriteAllText(Path.Combine(folder, "chat_template.jinja"), """
            {%- if tools %}{{- '<|im_start|>' }}{%- for tool in tools %}{{- tool.function.name + ' ' }}{%- endfor %}{{- '<|im_end|>' }}{%- endif %}
            {%- for message in messages %}{{- '<|im_start|>' + message.role + '\n' }}{%- if message.content %}{{- message.content }}{%- endif %}
            {%- for call in message.tool_calls %}{{- '<call>{"name": "' + call.function.name + '", "arguments": ' + (call.function.arguments | tojson) + '}</call>' }}{%- endfor %}
            {{- '<|im_end|>\n' }}{%- endfor %}
            {%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}
            """);
        return folder;
    }

    /// <summary>The shape: 4 query heads share 2 key-value heads, the head is tied.</summary>
    public static DecoderConfig Config(Tokenizer tokenizer, int headSize = 8) => new()
    {
        VocabularySize = tokenizer.VocabularySize, Width = 32, InnerWidth = 64, Layers = 2, Heads = 4, KeyValueHeads = 2, HeadSize = headSize,
        NormEpsilon = 1e-6, Rotary = new RotarySettings(10000, headSize), MaxLength = 128, TiedHead = true,
        EndIds = [tokenizer.IdOf("<|im_end|>")!.Value, tokenizer.IdOf("<|endoftext|>")!.Value],
    };

    /// <summary>Chat examples: a ticket and the team that answers it, as lines of JSON.</summary>
    public static string Dataset(int examples) => string.Concat(Enumerable.Range(0, examples).Select(index =>
    {
        var team = new[] { "billing", "shipping", "account" }[index % 3];
        var ticket = Sentences[new[] { 1, 0, 2 }[index % 3]];
        return $$"""{"messages":[{"role":"system","content":"Name the team that should answer the ticket."},{"role":"user","content":"{{ticket}} {{index}}"},{"role":"assistant","content":"{{team}}"}]}""" + "\n";
    }));
}
