using System.Text;
using System.Text.Json;
using Serverless.Fuzz.Running;
using Serverless.Learning;
using Serverless.Learning.Data;

namespace Serverless.Fuzz.Targets;

/// <summary>Data sets: each format, the items of graders, and whole scans that encode what they read.</summary>
internal static class DatasetTargets
{
    private const string Chat =
        """{"messages":[{"role":"system","content":"Answer."},{"role":"user","content":[{"type":"text","text":"Hi"}]},{"role":"assistant","content":"Hello","weight":1}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]}""";
    private const string Calls =
        """{"messages":[{"role":"user","content":"é"},{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}}]},{"role":"tool","tool_call_id":"a","content":"2"},{"role":"assistant","content":"2","weight":0}]}""";
    private const string Preference =
        """{"input":{"messages":[{"role":"user","content":"Hi"}],"tools":[]},"preferred_output":[{"role":"assistant","content":"Hello"}],"non_preferred_output":[{"role":"assistant","content":"Go away"}]}""";
    private const string Prompt = """{"messages":[{"role":"user","content":"1 + 1"}],"answer":2,"more":{"x":[1,2]}}""";
    private const string Completion = """{"prompt":"1 + 1 =","completion":" 2"}""";
    private const string Text = """{"text":"Once upon a time, \u00e9\ud83d\ude00"}""";

    private static readonly string[] Words =
        ["messages", "role", "content", "assistant", "user", "system", "tool", "tool_calls", "function", "arguments", "weight", "text", "type", "input", "preferred_output", "prompt", "completion"];

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        Of("chat-jsonl", DatasetFormat.Chat, Chat, Calls),
        Of("completion-jsonl", DatasetFormat.PromptCompletion, Completion),
        Of("preference-jsonl", DatasetFormat.Preference, Preference),
        Of("prompt-jsonl", DatasetFormat.Reinforcement, Prompt),
        Of("text-jsonl", DatasetFormat.Text, Text),
        Of("plain-text", DatasetFormat.PlainText, "Once upon a time.\n\n\nA second document, é\U0001F600."),
        new FuzzTarget("items-jsonl", [Lines(Prompt), Lines(Text, Completion)], ReadItems) { Words = Words },
        // The buffer of lines, the sketch of duplicates and the tokens of every line; a conversation of the most messages is rendered again for each of them.
        new FuzzTarget("dataset-scan", [Lines(Chat, Calls), Lines(Preference), Lines(Prompt), Lines(Completion), Lines(Text)], Scan) { Words = Words, Bytes = 4L << 30, BytesPerByte = 5000, Longest = TimeSpan.FromSeconds(6) },
    ];

    private static FuzzTarget Of(string name, DatasetFormat format, params string[] lines) =>
        new(name, [Lines(lines), Encoding.UTF8.GetBytes('\uFEFF' + lines[0] + "\r\n\r\n" + lines[^1])], input => Read(input, format))
        {
            // A line that is no JSON costs an exception of some kilobytes, and a line can be two bytes.
            Words = Words, BytesPerByte = 3000,
        };

    /// <summary>The lines as often as it takes for a data set that is accepted.</summary>
    private static byte[] Lines(params string[] lines) => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 10).Select(at => lines[at % lines.Length] + "\n")));

    private static void Read(byte[] input, DatasetFormat format)
    {
        foreach (var _ in DatasetReader.Read(new MemoryStream(input), "data.jsonl", format))
        {
            // Reading is all.
        }
    }

    private static void ReadItems(byte[] input)
    {
        foreach (var (_, item) in ItemReader.Read(new MemoryStream(input), "data.jsonl"))
            ReadTexts(item);
    }

    /// <summary>What is taken must be readable to its last string.</summary>
    private static void ReadTexts(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Object)
            foreach (var member in value.EnumerateObject())
            {
                _ = member.Name;
                ReadTexts(member.Value);
            }
        else if (value.ValueKind == JsonValueKind.Array)
            foreach (var item in value.EnumerateArray())
                ReadTexts(item);
        else if (value.ValueKind == JsonValueKind.String)
            _ = value.GetString();
    }

    private static void Scan(byte[] input)
    {
        var scan = new DatasetScanner("data.jsonl", encoder: TinyText.Encoder).ContinueAsync(new MemoryStream(input), DatasetScan.Start, TimeSpan.MaxValue, default).GetAwaiter().GetResult();
        if (DatasetScanner.ErrorOf(scan) is { } error)
            throw new InputError(error);
    }
}
