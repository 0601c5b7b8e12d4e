using Serverless.Learning.Models;

namespace Serverless.Learning.Sampling;

/// <summary>
/// Keys and values of prompts that were read lately. One that begins like one of them, such as with the same system prompt, is read from where
/// they part. What a model has kept no other finds, nor one with another adapter over the same weights. Bounded in bytes; what was not used
/// for longest goes first. Owns what it keeps. Safe from any thread.
/// </summary>
/// <param name="bytes">The most bytes of keys and values; 0 keeps nothing.</param>
public sealed class PromptPrefixes(long bytes) : IDisposable
{
    /// <summary>Fewer tokens are read as fast as they are looked up.</summary>
    public const int FewestTokens = 16;

    private readonly Lock gate = new();

    /// <summary>The ones that were used last stand at the end.</summary>
    private readonly List<ReadPrompt> kept = [];

    /// <summary>Bytes of what is kept.</summary>
    public long Bytes
    {
        get
        {
            lock (gate) return kept.Sum(prompt => prompt.Bytes);
        }
    }

    /// <summary>The beginning that a prompt has in common with one that the model has read, all but its last token at most.</summary>
    /// <param name="prompt">Token ids, at least one.</param>
    /// <returns>A cache of one row with room for the whole prompt, owned by the caller; null if too little is known.</returns>
    public KeyValueCache? Find(LanguageModel model, int[] prompt)
    {
        lock (gate)
        {
            var (best, common) = (-1, 0);
            for (var at = 0; at < kept.Count; at++)
            {
                if (kept[at].Model != model) continue;
                var length = Math.Min(kept[at].Ids.AsSpan().CommonPrefixLength(prompt), prompt.Length - 1);
                if (length > common) (best, common) = (at, length);
            }
            if (common < FewestTokens) return null;
            Use(best);
            return kept[^1].Cache.Beginning(0, common, prompt.Length);
        }
    }

    /// <summary>Keeps a copy of what was read of a prompt, in place of its own beginnings.</summary>
    /// <param name="read">A cache whose first row holds the whole prompt; it stays the caller's.</param>
    public void Keep(LanguageModel model, int[] prompt, KeyValueCache read)
    {
        var needed = KeyValueCache.BytesOf(model.Decoder.Config, prompt.Length);
        if (prompt.Length < FewestTokens || needed > bytes) return;
        lock (gate)
        {
            var known = kept.FindIndex(other => other.Model == model && other.Ids.AsSpan().StartsWith(prompt));
            if (known >= 0)
            {
                Use(known);
                return;
            }
            RemoveAll(other => other.Model == model && prompt.AsSpan().StartsWith(other.Ids));
            var room = bytes - needed;
            for (var held = kept.Sum(other => other.Bytes); held > room; held -= Remove(0)) { }
            kept.Add(new ReadPrompt(model, prompt, read.Beginning(0, prompt.Length, prompt.Length), needed));
        }
    }

    /// <summary>Lets go of what a model has read.</summary>
    public void Forget(LanguageModel model)
    {
        lock (gate) RemoveAll(prompt => prompt.Model == model);
    }

    public void Dispose()
    {
        lock (gate) RemoveAll(_ => true);
    }

    private void Use(int at)
    {
        var used = kept[at];
        kept.RemoveAt(at);
        kept.Add(used);
    }

    private void RemoveAll(Predicate<ReadPrompt> which)
    {
        for (var at = kept.Count - 1; at >= 0; at--)
            if (which(kept[at])) Remove(at);
    }

    /// <returns>The bytes that are free now.</returns>
    private long Remove(int at)
    {
        var removed = kept[at];
        kept.RemoveAt(at);
        removed.Cache.Dispose();
        return removed.Bytes;
    }

    private sealed record ReadPrompt(LanguageModel Model, int[] Ids, KeyValueCache Cache, long Bytes);
}
