using System.Text.Encodings.Web;
using System.Text.Json;

namespace Serverless.Learning.Formats;

/// <summary>How names and shapes from a file appear in messages: on one line, and never longer than a reader can take in.</summary>
internal static class Quoted
{
    private const int MaxCharacters = 120;

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The name in double quotes, control characters escaped.</summary>
    public static string Name(string name) => JsonSerializer.Serialize(Cut(name), Readable);

    /// <summary>A shape as <c>[2, 3]</c>.</summary>
    public static string Shape(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";

    /// <summary>The text, cut to a length that fits a message.</summary>
    public static string Cut(string text) => text.Length <= MaxCharacters ? text : text[..MaxCharacters] + "…";
}
