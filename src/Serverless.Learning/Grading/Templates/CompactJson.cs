using System.Text.Encodings.Web;
using System.Text.Json;

namespace Serverless.Learning.Grading.Templates;

/// <summary>JSON on one line, with every character that can stand for itself doing so.</summary>
internal static class CompactJson
{
    public static JsonSerializerOptions Options { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
