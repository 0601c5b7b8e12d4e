using System.Globalization;
using System.Text.Json;
using Serverless.Learning.Text.Bpe;

namespace Serverless.Learning.Text.Reading;

/// <summary>Reads the section <c>model</c> of a tokenizer.json of type BPE.</summary>
internal static class BpeModelReader
{
    internal static BpeVocabulary Read(TokenizerField model)
    {
        // Files written before 2020 name no type.
        if (model.Optional("type") is { IsNull: false } type && type.Text() != "BPE")
            throw type.NotAllowed("BPE");
        RefuseUnsupported(model);
        var ids = ReadVocabulary(model.Required("vocab"));
        var unknown = ReadUnknown(model.Optional("unk_token"), ids);
        var bytes = model.Optional("byte_fallback").Flag(whenAbsent: false) ? ByteTokensOf(ids) : null;
        var (merges, joints) = ReadMerges(model.Required("merges"), ids, [.. bytes ?? [], unknown ?? -1]);
        return new BpeVocabulary(
            ids,
            merges,
            unknown,
            model.Optional("fuse_unk").Flag(whenAbsent: false),
            bytes,
            model.Optional("ignore_merges").Flag(whenAbsent: false),
            joints);
    }

    private static void RefuseUnsupported(TokenizerField model)
    {
        foreach (var name in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (model.Optional(name) is { IsNull: false } field && field.Text().Length > 0)
                throw field.NotAllowed("null, \"\"");
        }
        if (model.Optional("dropout") is { IsNull: false } dropout && !(dropout.Value.ValueKind == JsonValueKind.Number && dropout.Value.GetDouble() == 0))
            throw dropout.NotAllowed("null, 0");
    }

    private static Dictionary<string, int> ReadVocabulary(TokenizerField vocab)
    {
        if (vocab.Value.ValueKind != JsonValueKind.Object)
            throw vocab.NotAllowed("an object of tokens and their ids");
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        var taken = new HashSet<int>();
        foreach (var entry in vocab.Value.EnumerateObject())
        {
            var name = NameOf(entry, vocab);
            var field = vocab with { Path = $"{vocab.Path}[\"{name}\"]", Value = entry.Value };
            var id = TokenizerReader.ReadId(field);
            if (!ids.TryAdd(name, id))
                throw field.Error("found twice; each token may be listed once");
            if (!taken.Add(id))
                throw field.Error($"found id {id}, which another token has too; each id may be given once");
        }
        return ids.Count > 0 ? ids : throw vocab.Error("found no tokens; at least one is needed");
    }

    private static string NameOf(JsonProperty entry, TokenizerField vocab)
    {
        try
        {
            return entry.Name;
        }
        catch (InvalidOperationException cause)
        {
            throw new InputError($"{vocab.File} {vocab.Path}: found a token with half of a surrogate pair; allowed: Unicode text", innerException: cause);
        }
    }

    private static int? ReadUnknown(TokenizerField field, Dictionary<string, int> ids)
    {
        if (field.IsNull)
            return null;
        return ids.TryGetValue(field.Text(), out var id) ? id : throw field.NotAllowed("null or a token of model.vocab");
    }

    private static int[] ByteTokensOf(Dictionary<string, int> ids)
    {
        var tokens = new int[256];
        for (var value = 0; value < tokens.Length; value++)
            tokens[value] = ids.GetValueOrDefault(string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>"), -1);
        return tokens;
    }

    private static (MergeTable Merges, HashSet<int>? Joints) ReadMerges(TokenizerField list, Dictionary<string, int> ids, HashSet<int> unwritten)
    {
        if (list.Value.ValueKind != JsonValueKind.Array)
            throw list.NotAllowed("a list of merges");
        var merges = new MergeTable(list.Value.GetArrayLength());
        var joints = new HashSet<int>();
        var everyPartIsWritten = true;
        var rank = 0;
        foreach (var item in list.Value.EnumerateArray())
        {
            var field = list with { Value = item };
            var (left, right) = SidesOf(field, rank);
            var (leftId, rightId) = (IdOf(left, field, rank, ids), IdOf(right, field, rank, ids));
            merges.Add(leftId, rightId, rank, IdOf(left + right, field, rank, ids));
            joints.Add(BpeVocabulary.JointOf(left[^1], right[0]));
            // A byte token does not show in the text what it joins.
            everyPartIsWritten &= !unwritten.Contains(leftId) && !unwritten.Contains(rightId);
            rank++;
        }
        return (merges, everyPartIsWritten ? joints : null);
    }

    private static (string Left, string Right) SidesOf(TokenizerField merge, int rank)
    {
        string[] sides = merge.Value.ValueKind switch
        {
            JsonValueKind.String => merge.Text().Split(' '),
            JsonValueKind.Array => [.. merge.Items().Select(side => side.Text())],
            _ => [],
        };
        return sides is [{ Length: > 0 } left, { Length: > 0 } right]
            ? (left, right)
            : throw At(merge, rank).NotAllowed("\"left right\", [\"left\", \"right\"]");
    }

    private static int IdOf(string token, TokenizerField merge, int rank, Dictionary<string, int> ids) =>
        ids.TryGetValue(token, out var id) ? id : throw At(merge, rank).Error($"found \"{token}\", which model.vocab does not hold");

    private static TokenizerField At(TokenizerField merge, int rank) => merge with { Path = $"{merge.Path}[{rank}]" };
}
