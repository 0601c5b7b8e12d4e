using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Serverless.Service.Models;

/// <summary>A model's folder on this machine: its parts, and the hash that stands for all of them.</summary>
internal static class LocalFolder
{
    /// <summary>Every file below <paramref name="folder"/> with size and hash, sorted by path.</summary>
    public static async Task<ImmutableArray<ModelPart>> PartsAsync(string folder, CancellationToken cancellationToken)
    {
        var parts = new List<ModelPart>();
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            await using var content = File.OpenRead(file);
            var hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken));
            parts.Add(new ModelPart(Path.GetRelativePath(folder, file).Replace('\\', '/'), content.Length, hash));
        }
        return [.. parts.OrderBy(part => part.Path, StringComparer.Ordinal)];
    }

    /// <summary>Sixteen hexadecimal digits that differ when any path, size or byte differs.</summary>
    public static string ContentHash(ImmutableArray<ModelPart> parts)
    {
        var text = new StringBuilder();
        foreach (var part in parts) text.Append(CultureInfo.InvariantCulture, $"{part.Path}\n{part.Bytes}\n{part.Sha256}\n");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..16];
    }

    /// <summary>Whether <paramref name="folder"/> holds a file of the right size for every part.</summary>
    public static bool Holds(string folder, ImmutableArray<ModelPart> parts) =>
        parts.All(part => new FileInfo(PathOf(folder, part)) is { Exists: true } file && file.Length == part.Bytes);

    /// <summary>Where <paramref name="part"/> lies below <paramref name="folder"/>.</summary>
    /// <exception cref="InvalidDataException">The part's path leads out of the folder.</exception>
    public static string PathOf(string folder, ModelPart part)
    {
        var path = Path.GetFullPath(Path.Combine(folder, part.Path));
        return path.StartsWith(Path.GetFullPath(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? path
            : throw new InvalidDataException($"The part '{part.Path}' lies outside its model's folder.");
    }
}
