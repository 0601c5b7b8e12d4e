using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Serverless.Learning.Data;

/// <summary>Finds the lines of a validation file that its training file holds too: what is measured on those is memory, not skill.</summary>
public static class SharedLines
{
    /// <summary>So many lines of the validation file are looked for; later ones are not.</summary>
    public const int MostLines = 200_000;

    private const int PrefixBytes = 8;

    /// <summary>
    /// Compares the two files byte by byte through the first 64 bits of each line's SHA-256 (of 200,000 lines against a million, one in a
    /// hundred million such comparisons is expected to err). Blank lines do not count.
    /// </summary>
    /// <param name="training">The training file from its beginning; it stays open.</param>
    /// <param name="validation">The validation file from its beginning; it stays open.</param>
    /// <returns>How many lines of the validation file are also in the training file, and the first of them, from 1; (0, 0) if none is.</returns>
    public static async Task<(int Count, int FirstLine)> CountAsync(Stream training, Stream validation, CancellationToken cancellationToken)
    {
        var looked = new Dictionary<ulong, List<int>>();
        var records = new RecordReader(validation, 0, 0, DatasetFormat.Chat);
        for (var lines = 0; lines < MostLines && !records.LineIsTooLong && await records.ReadAsync(cancellationToken); lines++)
        {
            if (HashOf(records) is not { } hash) continue;
            if (looked.TryGetValue(hash, out var same)) same.Add(records.Line);
            else looked[hash] = [records.Line];
        }
        var (count, first) = (0, 0);
        records = new RecordReader(training, 0, 0, DatasetFormat.Chat);
        while (looked.Count > 0 && !records.LineIsTooLong && await records.ReadAsync(cancellationToken))
        {
            if (HashOf(records) is not { } hash || !looked.Remove(hash, out var lines)) continue;
            count += lines.Count;
            first = first == 0 ? lines[0] : Math.Min(first, lines[0]);
        }
        return (count, first);
    }

    private static ulong? HashOf(RecordReader records)
    {
        var line = LineParser.WithoutMark(records.Record.Span, records.Line);
        if (LineParser.IsBlank(records.Record.Span, records.Line)) return null;
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(line, digest);
        return BinaryPrimitives.ReadUInt64LittleEndian(digest[..PrefixBytes]);
    }
}
