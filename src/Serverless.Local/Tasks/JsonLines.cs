using System.Text.Encodings.Web;
using System.Text.Json;

namespace Serverless.Local.Tasks;

/// <summary>Files with a JSON object in each line.</summary>
internal static class JsonLines
{
    private static readonly JsonSerializerOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the file, replacing one that is there.</summary>
    public static void Write(string path, IEnumerable<object> lines) =>
        File.WriteAllLines(path, lines.Select(line => JsonSerializer.Serialize(line, s_options)));

    /// <summary>A message of a conversation, as data sets hold it.</summary>
    public static object Message(string role, string content) => new { role, content };
}
