using System.Text;
using Serverless.Learning.Data;

namespace Serverless.Learning.Tests.Data;

public sealed class ChatDatasetReaderTests
{
    private const string Good = """{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}""";

    [Fact]
    public void Conversations_are_read_with_their_lines_weights_tools_and_tool_calls()
    {
        var examples = Read(Lines(
            """{"messages": [{"role": "system", "content": "S"}, {"role": "user", "name": "Ann", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, {"role": "assistant", "content": "x", "weight": 0}, {"role": "user", "content": "u"}, {"role": "assistant", "content": "y", "weight": 1, "reasoning_content": "r"}], "extra": 1}""",
            "",
            """{"messages": [{"role": "developer", "content": ""}, {"role": "user", "content": "w"}, {"role": "assistant", "content": null, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{\"a\": 1}"}}]}, {"role": "tool", "tool_call_id": "c1", "content": "1"}, {"role": "assistant", "content": "é😀"}], "tools": [{"type": "function", "function": {"name": "f"}}], "parallel_tool_calls": false}"""));

        var first = examples[0];
        Assert.Equal(1, first.Line);
        Assert.Equal(["system", "user", "assistant", "user", "assistant"], first.Messages.Select(message => message.Role));
        Assert.Equal("ab", first.Messages[1].Content);
        Assert.Equal("Ann", first.Messages[1].Name);
        Assert.Equal(0, first.Messages[2].Weight);
        Assert.Equal("r", first.Messages[4].ReasoningContent);
        Assert.Equal([false, false, false, false, true], first.Messages.Select(message => message.IsTrained));
        Assert.Null(first.Tools);

        var second = examples[1];
        Assert.Equal(3, second.Line);
        Assert.Null(second.Messages[2].Content);
        Assert.Equal("f", second.Messages[2].ToolCalls!.Value[0].GetProperty("function").GetProperty("name").GetString());
        Assert.Equal("c1", second.Messages[3].ToolCallId);
        Assert.Equal("é😀", second.Messages[4].Content);
        Assert.Equal("f", second.Tools!.Value[0].GetProperty("function").GetProperty("name").GetString());
    }

    [Fact]
    public void A_byte_order_mark_carriage_returns_blank_lines_and_a_missing_last_line_end_are_tolerated()
    {
        var text = "\uFEFF" + string.Join("\r\n", Enumerable.Repeat(Good, 10).Append("  ").Append(Good));
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12], ReadBytes(Encoding.UTF8.GetBytes(text)).Select(example => example.Line));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n \n\r\n")]
    [InlineData("\uFEFF")]
    public void An_empty_file_is_named(string text) =>
        AssertFault("train.jsonl: found no line with an example; allowed: 10 examples or more, one JSON object per line", Encoding.UTF8.GetBytes(text));

    [Theory]
    [InlineData("""{"messages": [{"role": "user"}}""", """train.jsonl line 3, character 31: found "}", which is not JSON there; allowed: one JSON object per line""")]
    [InlineData("""{"messages": [""", "train.jsonl line 3, character 15: found the end of the line, which is not JSON there; allowed: one JSON object per line")]
    [InlineData("""{"é": 1, 'b': 2}""", """train.jsonl line 3, character 10: found "'", which is not JSON there; allowed: one JSON object per line""")]
    [InlineData("""{"a": 1} {"a": 2}""", """train.jsonl line 3, character 10: found "{", which is not JSON there; allowed: one JSON object per line""")]
    [InlineData("{\"a\": \"b\tc\"}", "train.jsonl line 3, character 9: found U+0009, which is not JSON there; allowed: one JSON object per line")]
    public void A_broken_line_of_JSON_is_named_with_its_position(string line, string fault) => AssertLineFault(fault, line);

    [Fact]
    public void JSON_nested_too_deep_is_named_as_such() =>
        AssertLineFault(
            "train.jsonl line 3, character 73: found JSON nested deeper than 64 levels; allowed: 64 levels",
            $$"""{"tools":{{new string('[', 70)}}{{new string(']', 70)}}}""");

    [Theory]
    [InlineData("[1]", "train.jsonl line 3: found an array; allowed: one JSON object per line")]
    [InlineData("\"text\"", "train.jsonl line 3: found \"text\"; allowed: one JSON object per line")]
    [InlineData("17", "train.jsonl line 3: found 17; allowed: one JSON object per line")]
    [InlineData("null", "train.jsonl line 3: found null; allowed: one JSON object per line")]
    public void A_line_that_is_not_an_object_is_named(string line, string fault) => AssertLineFault(fault, line);

    [Fact]
    public void A_conversation_of_more_messages_than_any_has_is_refused_by_their_number()
    {
        static string Of(int messages) => $$"""{"messages": [{{string.Join(", ", Enumerable.Repeat("""{"role": "assistant", "content": "a"}""", messages))}}]}""";
        AssertLineFault("train.jsonl line 3, messages: found 1,025 messages; allowed: at most 1,024", Of(1025));
    }

    [Theory]
    [InlineData("{}", "messages: found nothing; allowed: an array of messages")]
    [InlineData("""{"prompt": "a", "completion": "b"}""", "messages: found nothing (beside prompt, completion); allowed: an array of messages")]
    [InlineData("""{"messages": "Hi"}""", "messages: found \"Hi\"; allowed: an array of messages")]
    [InlineData("""{"messages": []}""", "messages: found an empty array; allowed: at least one message")]
    [InlineData("""{"messages": [7]}""", "messages[0]: found 7; allowed: an object with role and content")]
    [InlineData("""{"messages": [{"role": "user", "content": "a"}]}""", "messages[0].role: found \"user\" in the last message; allowed: assistant, whose answer is learned")]
    [InlineData("""{"messages": [{"role": "assistant", "content": "a"}], "tools": {}}""", "tools: found an object; allowed: an array of tools")]
    public void Missing_empty_and_ill_typed_parts_of_an_example_are_named(string line, string fault) =>
        AssertLineFault($"train.jsonl line 3, {fault}", line);

    [Theory]
    [InlineData("""{"role": "assitant", "content": "a"}""", "role: found \"assitant\"; allowed: system, user, assistant, tool")]
    [InlineData("""{"content": "a"}""", "role: found nothing (beside content); allowed: system, user, assistant, tool")]
    [InlineData("""{"role": 1, "content": "a"}""", "role: found 1; allowed: system, user, assistant, tool")]
    [InlineData("""{"role": "user"}""", "content: found nothing; allowed: a string or an array of text parts")]
    [InlineData("""{"role": "user", "content": null}""", "content: found null; allowed: a string or an array of text parts")]
    [InlineData("""{"role": "assistant", "content": null}""", "content: found null; allowed: a string, an array of text parts, or null beside tool_calls")]
    [InlineData("""{"role": "assistant", "content": null, "tool_calls": []}""", "content: found null; allowed: a string, an array of text parts, or null beside tool_calls")]
    [InlineData("""{"role": "user", "content": {"a": 1}}""", "content: found an object; allowed: a string or an array of text parts")]
    [InlineData("""{"role": "user", "content": ["a"]}""", "content[0]: found \"a\"; allowed: {\"type\": \"text\", \"text\": \"…\"}")]
    [InlineData("""{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {}}]}""", "content[1].type: found \"image_url\"; allowed: text")]
    [InlineData("""{"role": "user", "content": [{"type": "text"}]}""", "content[0].text: found nothing (beside type); allowed: a string")]
    [InlineData("""{"role": "user", "content": "a", "weight": 1}""", "weight: found 1 on a message of role user; allowed: 0 or 1, on assistant messages only")]
    [InlineData("""{"role": "assistant", "content": "a", "weight": 0.5}""", "weight: found 0.5; allowed: 0 or 1")]
    [InlineData("""{"role": "assistant", "content": "a", "weight": "1"}""", "weight: found \"1\"; allowed: 0 or 1")]
    [InlineData("""{"role": "assistant", "content": "a", "weight": true}""", "weight: found true; allowed: 0 or 1")]
    [InlineData("""{"role": "user", "content": "a", "name": 3}""", "name: found 3; allowed: a string")]
    [InlineData("""{"role": "assistant", "tool_calls": {}}""", "tool_calls: found an object; allowed: an array of tool calls")]
    [InlineData("""{"role": "assistant", "tool_calls": ["f"]}""", "tool_calls[0]: found \"f\"; allowed: {\"id\", \"type\": \"function\", \"function\": {\"name\", \"arguments\"}}")]
    [InlineData("""{"role": "assistant", "tool_calls": [{"id": "c"}]}""", "tool_calls[0].function: found nothing (beside id); allowed: an object with name and arguments")]
    [InlineData("""{"role": "assistant", "tool_calls": [{"function": {"arguments": "{}"}}]}""", "tool_calls[0].function.name: found nothing (beside arguments); allowed: the function's name")]
    [InlineData("""{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": {}}}]}""", "tool_calls[0].function.arguments: found an object; allowed: a string of JSON")]
    [InlineData("""{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{a"}}]}""", "tool_calls[0].function.arguments: found \"{a\"; allowed: a string of JSON")]
    [InlineData("""{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "\"\\ud800\""}}]}""", "tool_calls[0].function.arguments: found \"\"\\ud800\"\"; allowed: a string of JSON")]
    [InlineData("""{"role": "user", "content": "a", "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}""", "tool_calls: found on a message of role user; allowed: on assistant messages only")]
    public void Faults_of_a_message_are_named_with_line_and_field(string message, string fault) =>
        AssertLineFault(
            $"train.jsonl line 3, messages[1].{fault}",
            $$"""{"messages": [{"role": "user", "content": "a"}, {{message}}, {"role": "assistant", "content": "b"}]}""");

    [Fact]
    public void A_long_value_is_shortened_without_cutting_a_character() =>
        AssertLineFault(
            $"train.jsonl line 3, messages[0].role: found \"{new string('a', 39)}…\"; allowed: system, user, assistant, tool",
            $$"""{"messages": [{"role": "{{new string('a', 39)}}😀😀", "content": "a"}]}""");

    [Fact]
    public void Bytes_that_are_not_UTF8_are_named_with_their_place()
    {
        var bytes = Lines(Good).ToArray();
        bytes[(2 * (Good.Length + 1)) + Good.IndexOf("Hi", StringComparison.Ordinal)] = 0xE4;
        AssertFault("train.jsonl line 3, byte 44: found 0xE4, which is not UTF-8; allowed: text saved as UTF-8", bytes);
    }

    [Theory]
    [InlineData("\\ud83d")]
    [InlineData("\\ud83dx")]
    [InlineData("\\ud83d\\u0041")]
    [InlineData("\\ude00\\ud83d")]
    public void Half_of_a_surrogate_pair_is_named_with_its_place(string escapes) =>
        AssertLineFault(
            $"train.jsonl line 3, character 61: found {escapes[..6]}, half of a surrogate pair; allowed: Unicode characters",
            $$"""{"messages": [{"role": "assistant", "content": "\ud83d\ude00{{escapes}}"}]}""");

    [Fact]
    public void A_backslash_before_u_is_no_surrogate() =>
        Assert.Equal(@"\ud83d", Read(Lines("""{"messages": [{"role": "assistant", "content": "\\ud83d"}]}"""))[0].Messages[0].Content);

    [Fact]
    public void A_file_without_assistant_messages_is_named_before_its_lines()
    {
        var error = Assert.Throws<InputError>(() => ReadBytes(Encoding.UTF8.GetBytes(
            string.Concat(Enumerable.Repeat("""{"messages": [{"role": "user", "content": "Hi"}]}""" + "\n", 12)))));
        var lines = error.Message.Split('\n');
        Assert.Equal("train.jsonl: found no assistant message; allowed: examples that end with one, because only assistant messages are learned", lines[0]);
        Assert.Equal("train.jsonl line 1, messages[0].role: found \"user\" in the last message; allowed: assistant, whose answer is learned", lines[1]);
        Assert.Equal(12, lines.Length);
        Assert.Equal("(and 2 more)", lines[^1]);
    }

    [Fact]
    public void A_file_that_learns_no_message_is_named() =>
        AssertFault(
            "train.jsonl: found weight 0 on every assistant message; allowed: weight 1, or none, on those to be learned",
            Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("""{"messages": [{"role": "assistant", "content": "Hi", "weight": 0}]}""" + "\n", 10))));

    [Theory]
    [InlineData(1, "1 example")]
    [InlineData(9, "9 examples")]
    public void Fewer_than_ten_examples_are_named(int count, string found) =>
        AssertFault($"train.jsonl: found {found}; allowed: 10 or more", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(Good + "\n", count))));

    [Fact]
    public void The_first_fault_is_named_and_ten_more_are_listed()
    {
        var text = string.Join('\n', Enumerable.Repeat(Good, 10).Concat(Enumerable.Repeat("{}", 15)));
        var error = Assert.Throws<InputError>(() => ReadBytes(Encoding.UTF8.GetBytes(text)));
        var lines = error.Message.Split('\n');
        Assert.Equal(12, lines.Length);
        Assert.Equal("train.jsonl line 11, messages: found nothing; allowed: an array of messages", lines[0]);
        Assert.Equal("train.jsonl line 21, messages: found nothing; allowed: an array of messages", lines[10]);
        Assert.Equal("(and 4 more)", lines[11]);
    }

    [Fact]
    public void A_line_without_bounds_ends_the_reading()
    {
        var long1 = "{\"messages\": \"" + new string('a', ChatDatasetReader.MaxLineBytes) + "\"}";
        var error = Assert.Throws<InputError>(() => ReadBytes(Encoding.UTF8.GetBytes($"{Good}\n{long1}\n{{}}")));
        Assert.Equal("train.jsonl line 2: found a line longer than 8388608 bytes; allowed: 8388608 bytes (reading ends here)", error.Message);
    }

    [Fact]
    public void A_line_of_exactly_the_longest_length_is_read()
    {
        var head = """{"messages": [{"role": "assistant", "content": "a"}], "pad": """ + "\"";
        var longest = head + new string('a', ChatDatasetReader.MaxLineBytes - head.Length - 2) + "\"}";
        Assert.Equal(ChatDatasetReader.MaxLineBytes, longest.Length);
        Assert.Equal(10, ReadBytes(Encoding.UTF8.GetBytes(longest + "\r\n" + string.Join('\n', Enumerable.Repeat(Good, 9)))).Count);
    }

    [Fact]
    public void Examples_come_one_by_one_without_reading_ahead_to_the_end()
    {
        using var stream = new MemoryStream(Lines(Enumerable.Repeat(Good, 20_000).ToArray()));
        _ = ChatDatasetReader.Read(stream, "train.jsonl").First();
        Assert.InRange(stream.Position, 1, 100_000);
    }

    [Fact]
    public void The_published_task_files_are_read_without_fault()
    {
        var folder = SharedData.Folder("tasks");
        if (folder is null)
            Assert.Skip("shared/data is not there");
        foreach (var (file, examples) in new[] { ("intents-clinc150/train.jsonl", 15000), ("tools-coffee/train.jsonl", 1500), ("fairytaleqa/train.jsonl", 3000) })
        {
            using var stream = File.OpenRead(Path.Combine(folder, file));
            Assert.Equal(examples, ChatDatasetReader.Read(stream, file).Count());
        }
    }

    /// <summary>Two good lines, then these, then good ones up to twelve.</summary>
    private static byte[] Lines(params string[] lines) =>
        Encoding.UTF8.GetBytes(string.Concat(lines.Concat(Enumerable.Repeat(Good, 10)).Select(line => line + "\n")));

    private static List<ChatExample> Read(byte[] bytes) => ReadBytes(bytes);

    private static List<ChatExample> ReadBytes(byte[] bytes) => ChatDatasetReader.Read(new MemoryStream(bytes), "train.jsonl").ToList();

    private static void AssertFault(string fault, byte[] bytes) => Assert.Equal(fault, Assert.Throws<InputError>(() => ReadBytes(bytes)).Message);

    private static void AssertLineFault(string fault, string line) => AssertFault(fault, Lines(Good, Good, line));
}
