using System.Text;
using System.Text.Json;
using Serverless.Learning.Data;

namespace Serverless.Learning.Tests.Data;

public sealed class DatasetReaderTests
{
    private const string Pair = """{"input": {"messages": [{"role": "user", "content": "Hi"}]}, "preferred_output": [{"role": "assistant", "content": "Hello"}], "non_preferred_output": [{"role": "assistant", "content": "No"}]}""";
    private const string Prompt = """{"messages": [{"role": "user", "content": "2+2"}], "answer": "4"}""";
    private const string Completion = """{"prompt": "Hi", "completion": "Hello"}""";
    private const string Text = """{"text": "Once upon a time"}""";

    [Fact]
    public void Preferences_are_read_with_their_prompt_and_both_answers()
    {
        var lines = Lines(
            Pair,
            """{"input": {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}], "tools": [{}], "parallel_tool_calls": true}, "preferred_completion": [{"role": "assistant", "content": "y"}], "non_preferred_completion": [{"role": "assistant", "content": "z"}]}""");
        var examples = Read(DatasetFormat.Preference, lines).Cast<PreferenceExample>().ToList();
        Assert.Equal(("Hello", "No", 1), (examples[0].Preferred.Content, examples[0].NonPreferred.Content, examples[0].Line));
        Assert.NotNull(examples[1].Tools);
        // Only the answers are learned, not the assistant's earlier turns.
        Assert.Equal([false, false, false, true], examples[1].Chosen.Messages.Select(message => message.IsTrained));
        Assert.Equal("z", examples[1].Rejected.Messages[^1].Content);
    }

    [Theory]
    [InlineData("""{"preferred_output": [{"role": "assistant", "content": "a"}], "non_preferred_output": [{"role": "assistant", "content": "b"}]}""",
        "input: found nothing (beside preferred_output, non_preferred_output); allowed: an object with messages")]
    [InlineData("""{"input": {"messages": [{"role": "user", "content": "a"}]}, "non_preferred_output": [{"role": "assistant", "content": "b"}]}""",
        "preferred_output: found nothing (beside input, non_preferred_output); allowed: an array of one assistant message")]
    [InlineData("""{"input": {"messages": [{"role": "user", "content": "a"}]}, "preferred_output": "a", "non_preferred_output": [{"role": "assistant", "content": "b"}]}""",
        "preferred_output: found \"a\"; allowed: an array of one assistant message")]
    [InlineData("""{"input": {"messages": [{"role": "user", "content": "a"}]}, "preferred_output": [{"role": "assistant", "content": "b"}], "non_preferred_completion": []}""",
        "non_preferred_completion: found 0 messages; allowed: one assistant message")]
    [InlineData("""{"input": {"messages": [{"role": "user", "content": "a"}]}, "preferred_output": [{"role": "user", "content": "b"}], "non_preferred_output": [{"role": "assistant", "content": "b"}]}""",
        "preferred_output[0].role: found \"user\"; allowed: assistant")]
    [InlineData("""{"input": {"messages": [{"role": "user", "content": "a"}]}, "preferred_output": [{"role": "assistant", "content": "b", "weight": 0}], "non_preferred_output": [{"role": "assistant", "content": "b"}]}""",
        "preferred_output[0].weight: found 0; allowed: 1, or none")]
    [InlineData("""{"input": {"messages": [{"role": "assistant", "content": "a"}]}, "preferred_output": [{"role": "assistant", "content": "b"}], "non_preferred_output": [{"role": "assistant", "content": "b"}]}""",
        "input.messages[0].role: found \"assistant\" in the last message; allowed: user or tool, which the two outputs answer")]
    [InlineData("""{"input": {"messages": [{"role": "usr", "content": "a"}]}, "preferred_output": [{"role": "assistant", "content": "b"}], "non_preferred_output": [{"role": "assistant"}]}""",
        "non_preferred_output[0].content: found nothing; allowed: a string, an array of text parts, or null beside tool_calls")]
    public void Faults_of_a_pair_are_named_with_line_and_field(string line, string fault) => AssertFault(DatasetFormat.Preference, Pair, line, fault);

    [Fact]
    public void Prompts_keep_the_whole_line_for_graders()
    {
        var example = (PromptExample)Read(DatasetFormat.Reinforcement, Lines(Prompt))[0];
        Assert.Equal("2+2", example.Messages[^1].Content);
        Assert.Equal("4", example.Item.GetProperty("answer").GetString());
    }

    [Theory]
    [InlineData("""{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}""",
        "messages[1].role: found \"assistant\" in the last message; allowed: user, whose message the model answers")]
    [InlineData("""{"prompt": "a"}""", "messages: found nothing (beside prompt); allowed: an array of messages")]
    public void Faults_of_a_prompt_are_named_with_line_and_field(string line, string fault) => AssertFault(DatasetFormat.Reinforcement, Prompt, line, fault);

    [Fact]
    public void A_completion_is_a_conversation_of_one_question_and_one_answer()
    {
        var example = (ChatExample)Read(DatasetFormat.PromptCompletion, Lines(Completion))[0];
        Assert.Equal([("user", "Hi", false), ("assistant", "Hello", true)], example.Messages.Select(message => (message.Role, message.Content!, message.IsTrained)));
    }

    [Theory]
    [InlineData("""{"prompt": "a"}""", "completion: found nothing (beside prompt); allowed: a string")]
    [InlineData("""{"prompt": 1, "completion": "b"}""", "prompt: found 1; allowed: a string")]
    public void Faults_of_a_completion_are_named_with_line_and_field(string line, string fault) => AssertFault(DatasetFormat.PromptCompletion, Completion, line, fault);

    [Theory]
    [InlineData("""{"text": 1}""", "text: found 1; allowed: a string")]
    [InlineData("""{"text": " \n"}""", "text: found no text; allowed: a document")]
    public void Faults_of_a_document_are_named_with_line_and_field(string line, string fault) => AssertFault(DatasetFormat.Text, Text, line, fault);

    [Fact]
    public void Plain_text_is_split_at_two_blank_lines()
    {
        var text = "\uFEFFOne.\r\nStill one.\r\n\r\nAnd still.\n\n\nTwo.\n \n\t\n\n\nThree,\nto the end";
        var documents = DatasetReader.Read(new MemoryStream(Encoding.UTF8.GetBytes(text)), "a.txt", DatasetFormat.PlainText).Cast<TextExample>().ToList();
        Assert.Equal([(1, "One.\nStill one.\n\nAnd still."), (7, "Two."), (12, "Three,\nto the end")], documents.Select(document => (document.Line, document.Text)));
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_named_within_a_document()
    {
        byte[] bytes = [.. "One.\n\n\nTwo\n\nab"u8, 0xE4, .. "c\n"u8];
        var error = Assert.Throws<InputError>(() => DatasetReader.Read(new MemoryStream(bytes), "a.txt", DatasetFormat.PlainText).ToList());
        Assert.Equal("a.txt line 6, byte 3: found 0xE4, which is not UTF-8; allowed: text saved as UTF-8", error.Message);
    }

    [Fact]
    public void Plain_text_without_text_is_named()
    {
        var error = Assert.Throws<InputError>(() => DatasetReader.Read(new MemoryStream("\n \n"u8.ToArray()), "a.txt", DatasetFormat.PlainText).ToList());
        Assert.Equal("a.txt: found no text; allowed: documents, separated by two blank lines", error.Message);
    }

    [Fact]
    public void A_document_without_end_is_cut_where_a_line_ends_so_that_memory_stays_bounded()
    {
        var line = new string('a', 1 << 20) + "\n";
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(line, 9))));
        var documents = DatasetReader.Read(stream, "a.txt", DatasetFormat.PlainText).Cast<TextExample>().ToList();
        Assert.Equal([1, 5, 9], documents.Select(document => document.Line));
    }

    [Theory]
    [InlineData(Pair, DatasetFormat.Preference, "line 2 has preferred_output")]
    [InlineData("""{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}""", DatasetFormat.Chat, "line 2 has messages")]
    [InlineData(Prompt, DatasetFormat.Reinforcement, "line 2 has messages that end with a user's")]
    [InlineData(Completion, DatasetFormat.PromptCompletion, "line 2 has completion")]
    [InlineData(Text, DatasetFormat.Text, "line 2 has text")]
    [InlineData("""{"a": 1}""", DatasetFormat.Chat, "line 2 has no key that names another format")]
    [InlineData("[1]", DatasetFormat.Chat, "line 2 is no JSON object")]
    [InlineData("{", DatasetFormat.Chat, "line 2 is no JSON object")]
    public async Task Intake_finds_the_format_by_the_keys_of_the_first_line(string line, DatasetFormat format, string reason)
    {
        var scan = await ScanAsync("\n" + string.Concat(Enumerable.Repeat(line + "\n", 12)), "train.jsonl");
        Assert.Equal(new FormatFinding(format, reason), scan.Format);
        Assert.Equal(line[0] == '{' && line.Length > 10 ? 12 : 0, scan.Examples);
    }

    [Fact]
    public async Task A_first_line_with_half_a_character_in_it_is_a_fault_of_the_line()
    {
        var scan = await ScanAsync("""{"messages": [{"role": "\ud800", "content": "a"}]}""" + "\n", "train.jsonl");
        Assert.Equal(new FormatFinding(DatasetFormat.Chat, "line 1 is no JSON object"), scan.Format);
        // The line, and that no example is left.
        Assert.Equal((0, 2), (scan.Examples, scan.FaultCount));
    }

    [Fact]
    public async Task A_name_that_ends_in_txt_means_plain_text()
    {
        var scan = await ScanAsync($"{Pair}\n", "story.TXT");
        Assert.Equal(new FormatFinding(DatasetFormat.PlainText, "its name ends in .txt"), scan.Format);
        Assert.Equal((1, 0), (scan.Examples, scan.FaultCount));
    }

    [Fact]
    public async Task Lines_of_another_format_than_the_first_are_faults_and_not_guessed_at()
    {
        var scan = await ScanAsync(string.Concat(Enumerable.Repeat(Pair + "\n", 10)) + Prompt + "\n", "train.jsonl");
        Assert.Equal(
            "train.jsonl line 11, preferred_output: found nothing (beside messages, answer); allowed: an array of one assistant message",
            DatasetScanner.ErrorOf(scan)!.Split('\n')[0]);
    }

    [Theory]
    [InlineData("train.jsonl", Pair, 30)]
    [InlineData("story.txt", "A line.\n\n", 30)]
    [InlineData("story.txt", "A document.\n\n\n", 30)]
    public async Task A_scan_in_stretches_of_one_record_ends_as_one_in_a_piece(string name, string line, int count)
    {
        var bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, count).Select(number => (line.EndsWith('\n') ? number + line : line + "\n"))));
        var whole = await new DatasetScanner(name).ContinueAsync(new MemoryStream(bytes), DatasetScan.Start, TimeSpan.MaxValue, default);
        var scan = DatasetScan.Start;
        for (var stretches = 0; !scan.Finished; stretches++)
        {
            Assert.InRange(stretches, 0, count + 1);
            scan = JsonSerializer.Deserialize<DatasetScan>(JsonSerializer.Serialize(scan))!;
            scan = await new DatasetScanner(name).ContinueAsync(new MemoryStream(bytes[(int)scan.Offset..]), scan, TimeSpan.Zero, default);
        }
        Assert.Equal(JsonSerializer.Serialize(whole), JsonSerializer.Serialize(scan));
        Assert.Equal(0, whole.FaultCount);
    }

    private static Task<DatasetScan> ScanAsync(string text, string name) =>
        new DatasetScanner(name).ContinueAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), DatasetScan.Start, TimeSpan.MaxValue, default);

    /// <summary>These lines, the first of them again up to twelve.</summary>
    private static string Lines(params string[] lines) => string.Concat(lines.Concat(Enumerable.Repeat(lines[0], 12 - lines.Length)).Select(line => line + "\n"));

    private static List<DatasetExample> Read(DatasetFormat format, string text) =>
        DatasetReader.Read(new MemoryStream(Encoding.UTF8.GetBytes(text)), "train.jsonl", format).ToList();

    private static void AssertFault(DatasetFormat format, string good, string line, string fault) =>
        Assert.Contains($"train.jsonl line 2, {fault}", Assert.Throws<InputError>(() => Read(format, Lines(good, line))).Message.Split('\n'));
}
