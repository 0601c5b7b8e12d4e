using System.Runtime.InteropServices;
using Serverless.Learning.Adapters;
using Serverless.Learning.Data;
using Serverless.Learning.Models;
using static TorchSharp.torch;

namespace Serverless.Learning.Sampling;

/// <summary>
/// Texts that grow together, each with an adapter of its own or none, one token each per forward pass. Rows join and leave between two passes,
/// and none depends on what it is batched with. Owns its cache.
/// </summary>
/// <param name="prefixes">Where the beginnings of prompts are kept; null for none.</param>
internal sealed class DecodingBatch(LanguageModel model, PromptPrefixes? prefixes) : IDisposable
{
    private const int Padding = -1;
    private const int NextText = 1;
    private const int PlacesReadTogether = 8192;
    private readonly Decoder decoder = model.Decoder;
    private readonly int vocabulary = model.Decoder.Config.VocabularySize;
    private readonly List<LanguageModel> readers = [];
    private List<LoraAdapter?>? adapters;
    private float[] logits = [];
    private KeyValueCache? cache;

    public int Rows => readers.Count;

    /// <summary>[rows, V]: the logits of each row's next token; the caller may use them as scratch.</summary>
    public Span<float> Logits => logits.AsSpan(0, Rows * vocabulary);

    /// <summary>V logits of the row's next token, as above.</summary>
    public Span<float> LogitsOf(int row) => logits.AsSpan(row * vocabulary, vocabulary);

    /// <summary>Reads a prompt and appends it as one or more equal rows.</summary>
    /// <param name="reader">What reads and answers it: this batch's model, or that with an adapter.</param>
    /// <param name="prompt">Token ids, at least one.</param>
    /// <param name="onPromptLogits">Given each place of the prompt but the last, and the V logits of the token that follows it; null if not wanted.</param>
    /// <returns>How many tokens at its beginning did not have to be read.</returns>
    public int Join(LanguageModel reader, int[] prompt, int copies, Action<int, float[]>? onPromptLogits = null)
    {
        using var read = (onPromptLogits is null ? prefixes?.Find(reader, prompt) : null) ?? new KeyValueCache(decoder.Config, 1, prompt.Length);
        var known = read.LengthOf(0);
        var next = Read(reader.Decoder, prompt, read, onPromptLogits);
        prefixes?.Keep(reader, prompt, read);
        Reserve(copies);
        Take(read, [.. Enumerable.Repeat(0, copies)]);
        for (var copy = 0; copy < copies; copy++) Add(reader, next);
        FindAdapters();
        return known;
    }

    /// <summary>Reads prompts and appends a row for each. What they have in common at their beginning is computed once.</summary>
    /// <param name="prompts">Token ids, at least one in each.</param>
    public void Join(IReadOnlyList<int[]> prompts)
    {
        // All are read before the first joins: a failure leaves the batch as it was.
        var read = new List<(KeyValueCache Cache, List<float[]> Logits)>();
        try
        {
            foreach (var group in Together(prompts))
            {
                var into = new KeyValueCache(decoder.Config, group.Count, group.Max(prompt => prompt.Length));
                read.Add((into, []));
                read[^1].Logits.AddRange(Read(group, into));
            }
            Reserve(prompts.Count);
            foreach (var (from, _) in read) Take(from, [.. Enumerable.Range(0, from.Rows)]);
            foreach (var next in read.SelectMany(one => one.Logits)) Add(model, next);
            FindAdapters();
        }
        catch
        {
            cache?.Keep([.. Enumerable.Range(0, Rows)]);
            throw;
        }
        finally
        {
            foreach (var (from, _) in read) from.Dispose();
        }
    }

    /// <summary>Appends one token to each row and computes the logits of the next.</summary>
    public void Append(ReadOnlySpan<int> ids) => decoder.NextLogits(ids, cache!, adapters, Logits);

    /// <summary>Lets all rows go but these.</summary>
    /// <param name="kept">In ascending order.</param>
    public void Keep(IReadOnlyList<int> kept)
    {
        if (kept.Count == Rows) return;
        for (var at = 0; at < kept.Count; at++)
        {
            if (kept[at] != at) LogitsOf(kept[at]).CopyTo(LogitsOf(at));
            readers[at] = readers[kept[at]];
        }
        readers.RemoveRange(kept.Count, Rows - kept.Count);
        FindAdapters();
        if (kept.Count > 0)
        {
            cache!.Keep(kept);
            return;
        }
        cache?.Dispose();
        cache = null;
    }

    public void Dispose() => cache?.Dispose();

    /// <summary>Makes room for the logits of more rows, in memory that stays where it is while they are in use.</summary>
    private void Reserve(int more)
    {
        var needed = checked((Rows + more) * vocabulary);
        if (needed <= logits.Length) return;
        var wider = GC.AllocateUninitializedArray<float>(needed, pinned: true);
        Logits.CopyTo(wider);
        logits = wider;
    }

    private void Add(LanguageModel reader, float[] next)
    {
        readers.Add(reader);
        next.CopyTo(LogitsOf(Rows - 1));
    }

    /// <summary>The adapter of each row; null where none differs from the batch's model.</summary>
    private void FindAdapters() => adapters = readers.TrueForAll(reader => reader == model) ? null : [.. readers.Select(reader => reader.Adapter)];

    /// <param name="into">Holds the prompt's beginning or nothing; where each place is asked for, nothing.</param>
    private static float[] Read(Decoder decoder, int[] prompt, KeyValueCache into, Action<int, float[]>? onPromptLogits)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var known = into.LengthOf(0);
        using var layout = known == 0
            ? SequenceLayout.Causal(decoder.Rotary, 1, prompt.Length)
            : SequenceLayout.At(decoder.Rotary, 1, prompt.Length - known, [.. Enumerable.Range(known, prompt.Length - known)], null);
        var hidden = decoder.Hidden(prompt[known..], layout, into);
        for (var place = 0; onPromptLogits is not null && place < prompt.Length - 1; place++)
        {
            using var one = NewDisposeScope();
            onPromptLogits(place, Values(decoder.Logits(hidden.narrow(0, place, 1))));
        }
        return Values(decoder.Logits(hidden.narrow(0, prompt.Length - known - 1, 1)));
    }

    /// <returns>The logits that follow each prompt, V each.</returns>
    private IEnumerable<float[]> Read(IReadOnlyList<int[]> prompts, KeyValueCache into)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var time = prompts.Max(prompt => prompt.Length);
        var places = Enumerable.Repeat(Padding, prompts.Count * time).ToArray();
        var tree = new TokenTree(share: true);
        foreach (var (row, prompt) in prompts.Index())
            tree.Add(new TrainingSequence(prompt, new bool[prompt.Length], 0), row, places.AsSpan(row * time, prompt.Length));
        using var layout = SequenceLayout.At(
            decoder.Rotary, prompts.Count, time, [.. places.Select(token => token < 0 ? 0 : tree.Positions[token])],
            [.. places.Select(token => token < 0 ? NextText : 0)], new TokenPlaces(places, tree.Ids.Count));
        var hidden = decoder.Hidden([.. tree.Ids], layout, into);
        foreach (var (row, prompt) in prompts.Index()) into.Cut(row, prompt.Length);
        var logits = decoder.Logits(hidden.index_select(0, tensor(prompts.Select((prompt, row) => (long)places[row * time + prompt.Length - 1]).ToArray())));
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

    private void Take(KeyValueCache read, IReadOnlyList<int> of)
    {
        cache ??= new KeyValueCache(decoder.Config, 0, 0);
        cache.Add(read, of);
    }

    private static float[] Values(Tensor logits) => MemoryMarshal.Cast<byte, float>(logits.contiguous().bytes).ToArray();
}
