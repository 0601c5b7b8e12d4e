using System.Runtime.InteropServices;
using Serverless.Learning.Data;
using Serverless.Learning.Models;
using static TorchSharp.torch;

namespace Serverless.Learning.Sampling;

/// <summary>
/// Texts that grow together, one token each per forward pass. Rows join and leave between two passes. Rows are aligned at their ends, and
/// what lies before a shorter one is a text of its own that no token attends to, so a row does not depend on what it is batched with.
/// Owns its cache.
/// </summary>
internal sealed class DecodingBatch(Decoder decoder) : IDisposable
{
    private const int Padding = -1;
    private const int SpareTokens = 64;
    private const int PlacesReadTogether = 8192;
    private readonly List<Row> rows = [];
    private KeyValueCache? cache;

    public int Rows => rows.Count;

    /// <summary>V logits of the row's next token; the caller may use them as scratch.</summary>
    public float[] LogitsOf(int row) => rows[row].Logits;

    /// <summary>Reads a prompt and appends it as one or more equal rows.</summary>
    /// <param name="prompt">Token ids, at least one.</param>
    /// <param name="onPromptLogits">Given each place of the prompt but the last, and the V logits of the token that follows it; null if not wanted.</param>
    public void Join(int[] prompt, int copies, Action<int, float[]>? onPromptLogits = null)
    {
        using var read = new KeyValueCache(decoder.Config, 1, prompt.Length);
        var logits = Read(prompt, read, onPromptLogits);
        Gather([.. Kept(), .. Enumerable.Repeat(new CachedRow(read, 0, prompt.Length), copies)]);
        for (var copy = 0; copy < copies; copy++) rows.Add(new Row(prompt.Length, copy == 0 ? logits : (float[])logits.Clone()));
    }

    /// <summary>Reads prompts and appends a row for each. What they have in common at their beginning is computed once.</summary>
    /// <param name="prompts">Token ids, at least one in each.</param>
    public void Join(IReadOnlyList<int[]> prompts)
    {
        var read = new List<KeyValueCache>();
        try
        {
            var joined = new List<Row>();
            var cached = Kept().ToList();
            foreach (var group in Together(prompts))
            {
                var into = new KeyValueCache(decoder.Config, group.Count, group.Max(prompt => prompt.Length));
                read.Add(into);
                joined.AddRange(Read(group, into).Zip(group, (logits, prompt) => new Row(prompt.Length, logits)));
                cached.AddRange(group.Select((prompt, row) => new CachedRow(into, row, prompt.Length)));
            }
            Gather([.. cached]);
            rows.AddRange(joined);
        }
        finally
        {
            foreach (var each in read) each.Dispose();
        }
    }

    /// <summary>Appends one token to each row and computes the logits of the next.</summary>
    public void Append(int[] ids)
    {
        if (cache!.Length == cache.Capacity) Gather([.. Kept()]);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var layout = SequenceLayout.At(decoder.Rotary, rows.Count, 1, [.. rows.Select(row => row.Length)], Texts(cache.Length + 1));
        var logits = decoder.Logits(decoder.Hidden(ids, layout, cache));
        var values = MemoryMarshal.Cast<byte, float>(logits.contiguous().bytes);
        for (var row = 0; row < rows.Count; row++)
        {
            values.Slice(row * decoder.Config.VocabularySize, decoder.Config.VocabularySize).CopyTo(rows[row].Logits);
            rows[row].Length++;
        }
    }

    /// <summary>Lets all rows go but these, in this order.</summary>
    public void Keep(IReadOnlyList<int> kept)
    {
        if (kept.Count == rows.Count) return;
        var held = Kept().ToArray();
        var stay = kept.Select(row => rows[row]).ToArray();
        Gather([.. kept.Select(row => held[row])]);
        rows.Clear();
        rows.AddRange(stay);
    }

    public void Dispose() => cache?.Dispose();

    private float[] Read(int[] prompt, KeyValueCache into, Action<int, float[]>? onPromptLogits)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var layout = SequenceLayout.Causal(decoder.Rotary, 1, prompt.Length);
        var hidden = decoder.Hidden(prompt, layout, into);
        for (var place = 0; onPromptLogits is not null && place < prompt.Length - 1; place++)
        {
            using var one = NewDisposeScope();
            onPromptLogits(place, Values(decoder.Logits(hidden.narrow(0, place, 1))));
        }
        return Values(decoder.Logits(hidden.narrow(0, prompt.Length - 1, 1)));
    }

    /// <returns>The logits that follow each prompt, V each.</returns>
    private IEnumerable<float[]> Read(IReadOnlyList<int[]> prompts, KeyValueCache into)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var time = into.Capacity;
        var places = Enumerable.Repeat(Padding, prompts.Count * time).ToArray();
        var tree = new TokenTree(share: true);
        foreach (var (row, prompt) in prompts.Index())
            tree.Add(new TrainingSequence(prompt, new bool[prompt.Length], 0), row, places.AsSpan((row + 1) * time - prompt.Length));
        using var layout = SequenceLayout.At(
            decoder.Rotary, prompts.Count, time, [.. places.Select(token => token < 0 ? 0 : tree.Positions[token])],
            [.. places.Select(token => Math.Min(token, 0))], new TokenPlaces(places, tree.Ids.Count));
        var hidden = decoder.Hidden([.. tree.Ids], layout, into);
        var logits = decoder.Logits(hidden.index_select(0, tensor(prompts.Select((_, row) => (long)places[(row + 1) * time - 1]).ToArray())));
        return [.. prompts.Select((_, row) => Values(logits.select(0, row)))];
    }

    /// <summary>As many prompts in a row as fill the places that are read together, at least one.</summary>
    private static IEnumerable<IReadOnlyList<int[]>> Together(IReadOnlyList<int[]> prompts)
    {
        var group = new List<int[]>();
        foreach (var prompt in prompts)
        {
            if (group.Count > 0 && (group.Count + 1) * Math.Max(prompt.Length, group.Max(each => each.Length)) > PlacesReadTogether)
            {
                yield return group;
                group = [];
            }
            group.Add(prompt);
        }
        if (group.Count > 0) yield return group;
    }

    private IEnumerable<CachedRow> Kept() => rows.Select((row, index) => new CachedRow(cache!, index, row.Length));

    private void Gather(CachedRow[] wanted)
    {
        var old = cache;
        var longest = wanted.Length == 0 ? 0 : wanted.Max(row => row.Tokens);
        cache = wanted.Length == 0 ? null : KeyValueCache.Of(wanted, longest + Math.Max(SpareTokens, longest / 2));
        old?.Dispose();
    }

    private int[]? Texts(int seen)
    {
        if (rows.All(row => row.Length + 1 == seen)) return null;
        var texts = new int[rows.Count * seen];
        for (var row = 0; row < rows.Count; row++) texts.AsSpan(row * seen, seen - rows[row].Length - 1).Fill(Padding);
        return texts;
    }

    private static float[] Values(Tensor logits) => MemoryMarshal.Cast<byte, float>(logits.contiguous().bytes).ToArray();

    private sealed class Row(int length, float[] logits)
    {
        /// <summary>Tokens read so far.</summary>
        public int Length { get; set; } = length;

        public float[] Logits { get; } = logits;
    }
}
