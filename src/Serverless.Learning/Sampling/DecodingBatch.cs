using System.Runtime.InteropServices;
using Serverless.Learning.Models;
using static TorchSharp.torch;

namespace Serverless.Learning.Sampling;

/// <summary>
/// B prompts and their growing answers in one key-value cache. Shorter prompts are padded on the left; padding is a text of its own that no
/// token of an answer attends to, so an answer does not depend on what it is batched with. Owns its cache.
/// </summary>
internal sealed class DecodingBatch : IDisposable
{
    private const int Padding = -1;
    private readonly Decoder decoder;
    private readonly KeyValueCache cache;
    private readonly int[] paddings;
    private readonly bool padded;

    /// <param name="capacity">The most tokens of a row, prompt and answer together.</param>
    public DecodingBatch(Decoder decoder, IReadOnlyList<int[]> prompts, int capacity)
    {
        this.decoder = decoder;
        var longest = prompts.Max(prompt => prompt.Length);
        paddings = prompts.Select(prompt => longest - prompt.Length).ToArray();
        padded = paddings.Any(padding => padding > 0);
        cache = new KeyValueCache(decoder.Config, prompts.Count, capacity);
        Logits = Forward(prompts.SelectMany((prompt, row) => Enumerable.Repeat(prompt[0], paddings[row]).Concat(prompt)).ToArray(), longest);
    }

    /// <summary>B*V logits of the next token of each row, row after row.</summary>
    public float[] Logits { get; private set; }

    public int VocabularySize => decoder.Config.VocabularySize;

    /// <summary>Appends one token to each row and computes the logits of the next.</summary>
    public void Append(int[] ids) => Logits = Forward(ids, 1);

    public void Dispose() => cache.Dispose();

    private float[] Forward(int[] ids, int time)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var rows = paddings.Length;
        var seen = cache.Length + time;
        var positions = new int[rows * time];
        for (var row = 0; row < rows; row++)
            for (var at = 0; at < time; at++) positions[row * time + at] = Math.Max(0, cache.Length + at - paddings[row]);
        using var layout = SequenceLayout.At(decoder.Rotary, rows, time, positions, padded ? Texts(seen) : null);
        var hidden = decoder.Hidden(ids, layout, cache);
        var last = hidden.view(rows, time, -1).select(1, time - 1);
        return MemoryMarshal.Cast<byte, float>(decoder.Logits(last).contiguous().bytes).ToArray();
    }

    private int[] Texts(int seen)
    {
        var texts = new int[paddings.Length * seen];
        for (var row = 0; row < paddings.Length; row++) texts.AsSpan(row * seen, paddings[row]).Fill(Padding);
        return texts;
    }
}
