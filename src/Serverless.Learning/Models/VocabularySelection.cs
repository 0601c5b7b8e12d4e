using System.Text.Json.Nodes;

namespace Serverless.Learning.Models;

/// <summary>
/// Cuts a byte-pair vocabulary to its first tokens. Merges are found in order of their frequency and numbered as they are found, so the
/// tokenizer of the first N tokens is the one that training would have ended with at N.
/// </summary>
internal static class VocabularySelection
{
    /// <param name="tokenizer">The content of a tokenizer.json; not changed.</param>
    /// <param name="count">How many tokens stay.</param>
    /// <returns>The content of the smaller tokenizer.json.</returns>
    /// <exception cref="InputError">It is no BPE tokenizer, or characters and added tokens would be lost, which every text may need.</exception>
    public static JsonObject FirstTokens(JsonObject tokenizer, int count)
    {
        if (tokenizer["model"] is not JsonObject model || model["vocab"] is not JsonObject vocabulary || model["merges"] is not JsonArray merges)
            throw new InputError("tokenizer.json, model: allowed: a BPE model with vocab and merges", "vocabulary");
        var merged = merges.Select(merge => string.Concat(PartsOf(merge!))).ToHashSet(StringComparer.Ordinal);
        List<int> added = [.. (tokenizer["added_tokens"] as JsonArray ?? []).Select(token => token!["id"]!.GetValue<int>())];
        var least = vocabulary.Where(entry => !merged.Contains(entry.Key)).Select(IdOf).Concat(added).Max() + 1;
        var most = vocabulary.Select(IdOf).Concat(added).Max() + 1;
        if (count < least || count > most)
            throw new InputError($"vocabulary: found {count}; allowed: {least} (characters and added tokens) to {most} (all)", "vocabulary");

        bool Stays(string token) => vocabulary[token]?.GetValue<int>() < count;
        var smaller = (JsonObject)tokenizer.DeepClone();
        smaller["model"]!["vocab"] = new JsonObject(vocabulary.Where(entry => Stays(entry.Key)).Select(entry => KeyValuePair.Create(entry.Key, entry.Value?.DeepClone())));
        smaller["model"]!["merges"] = new JsonArray([.. merges.Where(merge => PartsOf(merge!).All(Stays) && Stays(string.Concat(PartsOf(merge!)))).Select(merge => merge!.DeepClone())]);
        return smaller;
    }

    private static int IdOf(KeyValuePair<string, JsonNode?> entry) => entry.Value!.GetValue<int>();

    /// <summary>The two parts of a merge, which files write as a list or as a text with a space between.</summary>
    private static string[] PartsOf(JsonNode merge) => merge is JsonArray parts
        ? [.. parts.Select(part => part!.GetValue<string>())]
        : merge.GetValue<string>().Split(' ', 2);
}
