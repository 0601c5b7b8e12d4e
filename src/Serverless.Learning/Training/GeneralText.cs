using Serverless.Learning.Data;

namespace Serverless.Learning.Training;

/// <summary>
/// General text in two parts: what a run reads beside its own data, so that it keeps what it knows, and the end, 5 % but at least one row and at
/// most 64, which is held back to measure what was forgotten. A row has 128 tokens, or the model's context if that is shorter.
/// </summary>
public sealed class GeneralText
{
    private const int UsualRow = 128;
    private const double HeldBackShare = 0.05;
    private const int MostHeldBack = 64;

    /// <param name="documents">Token ids of each document, in the order of the file, without the token between documents.</param>
    /// <param name="separator">The token before each document.</param>
    /// <param name="maxLength">The model's context.</param>
    /// <exception cref="InputError">There are too few tokens.</exception>
    public GeneralText(IReadOnlyList<int[]> documents, int separator, int maxLength)
    {
        (Time, Separator) = (RowOf(maxLength), separator);
        var tokens = documents.Sum(document => document.Length + 1L);
        Check(tokens, maxLength);
        var rows = (int)Math.Clamp(Math.Round(HeldBackShare * ((tokens - 1) / Time)), 1, MostHeldBack);
        var cut = tokens - (long)rows * Time;
        var (kept, end) = (new List<int[]>(), new List<int>(rows * Time));
        var start = 0L;
        foreach (var document in documents)
        {
            // In the stream the separator stands at start, and the document behind it.
            var before = (int)Math.Clamp(cut - start - 1, 0, document.Length);
            if (start < cut) kept.Add(before == document.Length ? document : document[..before]);
            else end.Add(separator);
            end.AddRange(document[before..]);
            start += document.Length + 1;
        }
        Replayed = kept;
        HeldBack = [.. end.Chunk(Time).Select((ids, row) => new TrainingSequence(ids, [.. ids.Select((_, at) => at > 0)], row + 1))];
    }

    /// <summary>T, tokens a row.</summary>
    public int Time { get; }

    /// <summary>The token before each document.</summary>
    public int Separator { get; }

    /// <summary>The documents that may be read, the last of them perhaps only in part; they fill a row at least.</summary>
    public IReadOnlyList<int[]> Replayed { get; }

    /// <summary>The rows held back, of T tokens each, all but the first of which are targets.</summary>
    public IReadOnlyList<TrainingSequence> HeldBack { get; }

    /// <summary>T of a model with this context.</summary>
    public static int RowOf(int maxLength) => Math.Min(UsualRow, maxLength);

    /// <summary>Refuses text that does not fill two rows, one to read and one to hold back.</summary>
    /// <param name="tokens">Its tokens, separators counted.</param>
    /// <exception cref="InputError">It does not.</exception>
    public static void Check(long tokens, int maxLength)
    {
        var fewest = 2L * RowOf(maxLength) + 1;
        if (tokens < fewest)
            throw new InputError($"method.replay.file: found {tokens} tokens; allowed: {fewest} or more", "method.replay.file", "invalid_replay_file");
    }
}
