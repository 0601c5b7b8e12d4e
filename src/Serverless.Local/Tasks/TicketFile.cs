using System.Text.Encodings.Web;
using System.Text.Json;

namespace Serverless.Local.Tasks;

/// <summary>Writes tickets as chat examples, one JSON object per line: what the model is told, the ticket, the team.</summary>
public static class TicketFile
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the file, replacing one that is there.</summary>
    public static void Write(string path, IEnumerable<LabelledText> tickets)
    {
        using var file = File.Create(path);
        foreach (var ticket in tickets)
        {
            using (var line = new Utf8JsonWriter(file, s_options))
            {
                line.WriteStartObject();
                line.WriteStartArray("messages");
                WriteMessage(line, "system", TicketGenerator.SystemPrompt);
                WriteMessage(line, "user", ticket.Text);
                WriteMessage(line, "assistant", ticket.Label);
                line.WriteEndArray();
                line.WriteEndObject();
            }
            file.WriteByte((byte)'\n');
        }
    }

    private static void WriteMessage(Utf8JsonWriter line, string role, string content)
    {
        line.WriteStartObject();
        line.WriteString("role", role);
        line.WriteString("content", content);
        line.WriteEndObject();
    }
}
