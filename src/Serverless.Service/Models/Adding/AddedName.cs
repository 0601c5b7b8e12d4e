using Serverless.Learning;

namespace Serverless.Service.Models.Adding;

/// <summary>What a base model may be called, and how names from unknown hands are shown.</summary>
public static class AddedName
{
    private const int MaxLength = 96;
    private const int MaxShown = 120;

    /// <exception cref="InputError">The name has other characters, is too long, or belongs to the sample model.</exception>
    public static ModelId Parse(string name)
    {
        if (name is not { Length: > 0 and <= MaxLength } || !name.Split('/').All(IsPart))
            throw new InputError(
                $"name: found '{Shown(name)}'; allowed: 1 to {MaxLength} letters, digits, hyphens, underscores and inner dots, in parts with a slash between them", "name");
        return name != SampleModel.Name
            ? new ModelId(name)
            : throw new InputError($"name: found '{name}', the model that comes with the product; allowed: any other name", "name");
    }

    /// <summary>The name that a folder or archive suggests: the last part of its path without <c>.zip</c>.</summary>
    public static string Of(string path)
    {
        var last = path.TrimEnd('/', '\\').Split('/', '\\')[^1];
        return last.EndsWith(".zip", StringComparison.OrdinalIgnoreCase) ? last[..^4] : last;
    }

    /// <summary>A name for a message: without control characters, and not longer than a reader can take in.</summary>
    internal static string Shown(string name) =>
        string.Concat(name.Take(MaxShown).Select(c => char.IsControl(c) ? '?' : c)) + (name.Length > MaxShown ? "…" : "");

    private static bool IsPart(string part) =>
        part.Length > 0 && part[0] != '.' && part[^1] != '.' && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
