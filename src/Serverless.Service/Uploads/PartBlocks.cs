using System.Globalization;
using System.Text;
using Azure.Storage.Blobs.Models;
using Serverless.Service.Catalog;

namespace Serverless.Service.Uploads;

/// <summary>
/// How parts are written as blocks of a blob: up to 4 MB each, in a part's order, the last one marked, so that a part that broke off on its way is told from
/// one that is whole. The names of all blocks of a blob have the same length, as Put Block wants it.
/// </summary>
internal sealed class PartBlocks
{
    public const string Prefix = "part_";

    private const char Inner = 'i';
    private const char Last = 'z';

    private readonly Dictionary<string, List<(string Name, char Kind, long Bytes)>> _parts = new(StringComparer.Ordinal);

    /// <param name="blocks">What the storage lists, committed or not.</param>
    public PartBlocks(IEnumerable<BlobBlock> blocks)
    {
        foreach (var block in blocks)
        {
            var name = Encoding.ASCII.GetString(Convert.FromBase64String(block.Name));
            var part = Prefix + name[..NewestFirstId.Length];
            if (!_parts.TryGetValue(part, out var found))
                _parts[part] = found = [];
            found.Add((block.Name, name[NewestFirstId.Length], block.SizeLong));
            Count++;
            Bytes += block.SizeLong;
        }
    }

    /// <summary>All blocks, those of broken parts too.</summary>
    public int Count { get; }

    /// <summary>Their bytes.</summary>
    public long Bytes { get; }

    /// <summary>The names of a whole part's blocks in their order and the part's size; null if there is no such part, or not all of it.</summary>
    public (IEnumerable<string> Names, long Bytes)? Of(string part) =>
        _parts.TryGetValue(part, out var found) && found.Any(block => block.Kind == Last)
            ? (found.Select(block => block.Name).OrderBy(Position, StringComparer.Ordinal), found.Sum(block => block.Bytes))
            : null;

    /// <summary>The name of a part's block.</summary>
    /// <param name="index">From 0.</param>
    public static string NameOf(string part, int index, bool isLast) =>
        Convert.ToBase64String(Encoding.ASCII.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"{part[Prefix.Length..]}{(isLast ? Last : Inner)}{index:D4}")));

    private static string Position(string name) => Encoding.ASCII.GetString(Convert.FromBase64String(name))[(NewestFirstId.Length + 1)..];
}
