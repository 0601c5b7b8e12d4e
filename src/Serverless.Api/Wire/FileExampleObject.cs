using System.Text;
using System.Text.Json.Nodes;
using Serverless.Learning.Data;
using Serverless.Learning.Text;

namespace Serverless.Api.Wire;

/// <summary>
/// One example of a data set as the model sees it: its sequences, each in runs of tokens that are all trained or not and all special or
/// not. Ours.
/// </summary>
internal static class FileExampleObject
{
    public static JsonObject Of(DatasetExample example, ChatEncoder encoder)
    {
        var sequences = encoder.Encode(example);
        string?[] roles = example is PreferenceExample ? ["preferred", "non_preferred"] : [];
        return new JsonObject
        {
            ["line"] = example.Line,
            ["sequences"] = new JsonArray([.. sequences.Select((sequence, at) => (JsonNode)Sequence(sequence, at < roles.Length ? roles[at] : null, encoder))]),
        };
    }

    private static JsonObject Sequence(TrainingSequence sequence, string? role, ChatEncoder encoder) => new()
    {
        ["role"] = role,
        ["tokens"] = sequence.Length,
        ["trained_tokens"] = sequence.SupervisedCount,
        ["runs"] = new JsonArray([.. Runs(sequence, encoder)]),
    };

    private static IEnumerable<JsonNode> Runs(TrainingSequence sequence, ChatEncoder encoder)
    {
        // A character whose bytes lie in several tokens belongs to the run of the last of them.
        var decoder = encoder.NewStreamingDecoder();
        var text = new StringBuilder();
        var begin = 0;
        for (var at = 0; at < sequence.Length; at++)
        {
            text.Append(decoder.Append(sequence.Ids[at]));
            var last = at == sequence.Length - 1;
            if (last)
                text.Append(decoder.Flush());
            if (!last && Kind(at + 1) == Kind(at))
                continue;
            var (trained, special) = Kind(at);
            yield return new JsonObject { ["text"] = text.ToString(), ["tokens"] = at + 1 - begin, ["trained"] = trained, ["special"] = special };
            text.Clear();
            begin = at + 1;
        }

        (bool Trained, bool Special) Kind(int at) => (sequence.Supervised[at], encoder.IsSpecial(sequence.Ids[at]));
    }
}
