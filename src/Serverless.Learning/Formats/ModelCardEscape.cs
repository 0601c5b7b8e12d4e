using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Serverless.Learning.Formats;

/// <summary>Text of unknown origin made harmless for the three languages of a model card.</summary>
internal static class ModelCardEscape
{
    private const string MarkdownPunctuation = "\\`*_[]<>|~&!#$";

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>One line of Markdown that shows the text as it is: no markup, no HTML, no automatic links, safe in a table's cell.</summary>
    public static string Markdown(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            if (char.IsControl(character) || character is '\u2028' or '\u2029')
                escaped.Append(' ');
            else if (MarkdownPunctuation.Contains(character))
                escaped.Append('\\').Append(character);
            else
                escaped.Append(character);
        }

        return escaped.Replace("://", "\\://").Replace("www.", "www\\.").ToString();
    }

    /// <summary>A YAML scalar: plain where that is unmistakably a string, else in double quotes, whose escapes YAML shares with JSON.</summary>
    public static string Yaml(string text)
    {
        var isPlain = text.Length > 0 && char.IsAsciiLetter(text[0])
            && text.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.' or '/')
            && text.ToLowerInvariant() is not ("true" or "false" or "yes" or "no" or "on" or "off" or "null" or "y" or "n");
        return isPlain ? text : JsonSerializer.Serialize(text, Readable);
    }

    /// <summary>A JSON string inside single quotes of a shell.</summary>
    public static string JsonInShell(string text) => JsonSerializer.Serialize(text, Readable).Replace("'", "'\\''", StringComparison.Ordinal);
}
