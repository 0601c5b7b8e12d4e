using System.Text.Json;
using Serverless.Learning.Sampling;
using Serverless.Learning.Sampling.Grammars;
using Serverless.Learning.Text;
using Serverless.Learning.Text.ToolCalls;
using Serverless.Learning.Tests.Formats;

namespace Serverless.Learning.Tests.Text.ToolCalls;

public sealed class ToolCallTests(LoadedTinyModel tiny) : IClassFixture<LoadedTinyModel>
{
    private const string Frame = """
        {%- if tools %}{{- '<|im_start|>system\n' + (tools | tojson) + '<|im_end|>\n' }}{%- endif %}
        {%- for message in messages %}
          {{- '<|im_start|>' + message.role + '\n' }}
          {%- if message.content %}{{- message.content }}{%- endif %}
          {%- if message.tool_calls %}CALLS{%- endif %}
          {{- '<|im_end|>\n' }}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}
        """;

    private const string Hermes = """
        {%- for call in message.tool_calls %}{%- if not loop.first %}{{- '\n' }}{%- endif %}
        {{- '<tool_call>\n{"name": "' + call.function.name + '", "arguments": ' + (call.function.arguments | tojson) + '}\n</tool_call>' }}{%- endfor %}
        """;

    private const string Llama = """
        {%- if message.tool_calls | length != 1 %}{{- raise_exception('one call at a time') }}{%- endif %}
        {{- '{"name": "' + message.tool_calls[0].function.name + '", "parameters": ' + (message.tool_calls[0].function.arguments | tojson) + '}' }}
        """;

    private const string Mistral = """
        {{- '[TOOL_CALLS] [' }}{%- for call in message.tool_calls %}
        {{- '{"name": "' + call.function.name + '", "arguments": ' + (call.function.arguments | tojson) + ', "id": "' + call.id + '"}' }}{%- if not loop.last %}{{- ', ' }}{%- endif %}
        {%- endfor %}{{- ']' }}
        """;

    private const string DeepSeek = """
        {{- '<calls>' }}{%- for call in message.tool_calls %}{%- if not loop.first %}{{- '\n' }}{%- endif %}
        {{- '<call>function<sep>' + call.function.name + '\n```json\n' + (call.function.arguments | tojson) + '\n```<end>' }}{%- endfor %}{{- '<ends>' }}
        """;

    // Separator and closing are a special token, as later Mistrals have them.
    private const string Marked = """
        {%- for call in message.tool_calls %}
        {{- '[CALL]' + call.function.name + '<|im_start|>' + (call.function.arguments | tojson) + '<|im_start|>' }}{%- endfor %}
        """;

    private static readonly HashSet<string> Offered = ["weather", "time"];

    public static TheoryData<string, string> Families => new()
    {
        { Hermes, "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Zoë }\"}}\n</tool_call>\n<tool_call>\n{\"name\": \"time\", \"arguments\": {}}\n</tool_call>" },
        { Mistral, "[TOOL_CALLS] [{\"name\": \"weather\", \"arguments\": {\"city\": \"Zoë }\"}, \"id\": \"abcdefghi\"}, {\"name\": \"time\", \"arguments\": {}}]" },
        { Marked, "[CALL]weather<|im_start|>{\"city\": \"Zoë }\"}<|im_start|>[CALL]time<|im_start|>{}<|im_start|>" },
        { DeepSeek, "<calls><call>function<sep>weather\n```json\n{\"city\": \"Zoë }\"}\n```<end>\n<call>function<sep>time\n```json\n{}\n```<end><ends>" },
        { Llama, "{\"name\": \"weather\", \"parameters\": {\"city\": \"Zoë }\"}}; {\"name\": \"time\", \"parameters\": {}}" },
    };

    [Theory]
    [InlineData(Hermes, "<tool_call>\n", "\n</tool_call>\n<tool_call>\n", "\n</tool_call>", false, "arguments")]
    [InlineData(Mistral, "[TOOL_CALLS] ", ",", "", true, "arguments")]
    [InlineData(Llama, "", null, "", false, "parameters")]
    [InlineData(Marked, "[CALL]", "<|im_start|>[CALL]", "<|im_start|>", false, null)]
    [InlineData(DeepSeek, "<calls><call>function<sep>", "\n```<end>\n<call>function<sep>", "\n```<end><ends>", false, null)]
    public void A_template_tells_how_its_model_writes_calls(string calls, string opening, string? between, string closing, bool isArray, string? key)
    {
        var format = FormatOf(calls)!;
        Assert.Equal((opening, between, closing, isArray, key), (format.Opening, format.Between, format.Closing, format.IsArray, format.ArgumentsKey));
    }

    [Fact]
    public void A_template_without_calls_has_no_format() => Assert.Null(FormatOf(""));

    [Theory]
    [MemberData(nameof(Families))]
    public void Calls_are_read_back_however_the_text_is_cut(string calls, string written)
    {
        for (var piece = 1; piece <= written.Length; piece += piece < 8 ? 1 : 17)
        {
            var (content, _, read) = Read(FormatOf(calls), written, piece);
            Assert.Equal("", content);
            Assert.Equal([new ToolCall("weather", "{\"city\": \"Zoë }\"}"), new ToolCall("time", "{}")], read);
        }
    }

    [Fact]
    public void Text_before_a_call_is_passed_on_without_the_space_between()
    {
        var (content, _, read) = Read(FormatOf(Hermes), "Let me look.\n\n<tool_call>\n{\"name\": \"time\", \"arguments\": {}}\n</tool_call>", 3);
        Assert.Equal("Let me look.", content);
        Assert.Single(read);
    }

    [Theory]
    [InlineData(Hermes, "if a <tool and b")]
    [InlineData(Hermes, "<tool_call>\n{\"nam\": 1}\n")]
    [InlineData(Llama, "{\"name\": \"other\", \"parameters\": {}}")]
    [InlineData(Llama, "{\"answer\": 42}")]
    [InlineData(Llama, "plain { text }")]
    public void What_only_looks_like_a_call_is_text(string calls, string written)
    {
        var (content, _, read) = Read(FormatOf(calls), written, 2);
        Assert.Equal(written.Trim(), content.Trim());
        Assert.Empty(read);
    }

    [Theory]
    [InlineData(AnswerStart.Beginning, "<think>\nhm, <b>\n</think>\n\nyes", "\nhm, <b>\n", "yes")]
    [InlineData(AnswerStart.Thinking, "hm</think>\nyes", "hm", "yes")]
    [InlineData(AnswerStart.Beginning, "yes <think>no</think>", "", "yes <think>no</think>")]
    [InlineData(AnswerStart.Thinking, "never ends </thi", "never ends </thi", "")]
    public void Thinking_is_kept_apart(AnswerStart start, string written, string reasoning, string content)
    {
        for (var piece = 1; piece < written.Length; piece += 3)
            Assert.Equal((content, reasoning), (Read(null, written, piece, start).Content, Read(null, written, piece, start).Reasoning));
    }

    [Theory]
    [InlineData(Hermes)]
    [InlineData(Mistral)]
    [InlineData(Llama)]
    [InlineData(DeepSeek)]
    [InlineData(Marked)]
    public void A_random_model_that_must_call_writes_calls_of_the_tools_it_has(string calls)
    {
        using var model = tiny.Load();
        var format = FormatOf(calls)!;
        var schema = JsonDocument.Parse("""{"type": "object", "properties": {"city": {"enum": ["Rome", "Oslo"]}, "days": {"type": "integer", "minimum": 1, "maximum": 9}}, "required": ["city", "days"], "additionalProperties": false}""").RootElement;
        ToolDefinition[] tools = [new("weather", schema, true, "p"), new("time", JsonDocument.Parse("{\"type\": \"object\", \"properties\": {}}").RootElement, false, "p")];
        var options = new SamplingOptions
        {
            MaxTokens = 120, Temperature = 2, Grammar = Grammar.OfToolCalls(format, tools, several: false, model.Tokenizer), WrittenTokens = [.. format.Tokens],
        };
        for (var choice = 0; choice < 20; choice++)
        {
            var answer = new TextGenerator(model).Generate([new([10, 20], options with { Choice = choice })], 1, default)[0];
            if (answer.Finish == FinishReason.Length) continue;
            var reader = new AnswerReader(format, Offered, false, AnswerStart.Calls);
            var call = Assert.Single(reader.Append(answer.Text, ends: true)).Call!;
            using var arguments = JsonDocument.Parse(call.Arguments);
            if (call.Name == "weather")
                Assert.Equal(["city", "days"], arguments.RootElement.EnumerateObject().Select(field => field.Name));
            else
                Assert.Equal("time", call.Name);
        }
    }

    [Theory]
    [InlineData(Hermes)]
    [InlineData(DeepSeek)]
    [InlineData(Marked)]
    public void A_random_model_that_may_call_more_than_once_separates_and_closes_its_calls_as_the_template_does(string calls)
    {
        using var model = tiny.Load();
        var format = FormatOf(calls)!;
        var nothing = JsonDocument.Parse("""{"type": "object", "properties": {}, "required": [], "additionalProperties": false}""").RootElement;
        ToolDefinition[] tools = [new("weather", nothing, true, "p"), new("time", nothing, true, "p")];
        var options = new SamplingOptions
        {
            MaxTokens = 120, Temperature = 2, Grammar = Grammar.OfToolCalls(format, tools, several: true, model.Tokenizer), WrittenTokens = [.. format.Tokens],
        };
        var (several, closed) = (0, 0);
        for (var choice = 0; choice < 60; choice++)
        {
            var answer = new TextGenerator(model).Generate([new([10, 20], options with { Choice = choice })], 1, default)[0];
            if (answer.Finish == FinishReason.Length) continue;
            var (content, _, read) = Read(format, answer.Text, 5, AnswerStart.Calls);
            Assert.Equal("", content);
            Assert.All(read, call => Assert.Contains(call.Name, Offered));
            several += read.Count > 1 ? 1 : 0;
            closed += answer.Text.EndsWith(format.Closing, StringComparison.Ordinal) ? 1 : 0;
        }
        Assert.True(several > 0 && closed > 0, $"{several} answers of more than one call, {closed} that end as the template does");
    }

    // Calls that open with a special token, as Mistral's do; the tokens of the tiny vocabulary stand for its own.
    private const string Special = """
        {%- for call in message.tool_calls %}
        {{- '<|im_start|>' + call.function.name + '[ARGS]' + (call.function.arguments | tojson) }}{%- endfor %}
        """;

    [Theory]
    [InlineData(Hermes)]
    [InlineData(Special)]
    public void A_random_model_writes_a_call_or_else_an_answer_of_the_form_that_is_asked_for(string calls)
    {
        using var model = tiny.Load();
        var format = FormatOf(calls)!;
        var form = Grammar.FromSchema(JsonDocument.Parse("""{"type": "object", "properties": {"n": {"type": "integer", "minimum": 1, "maximum": 9}}, "required": ["n"], "additionalProperties": false}""").RootElement, true, "x", "x");
        ToolDefinition[] tools = [new("time", JsonDocument.Parse("""{"type": "object", "properties": {}, "required": [], "additionalProperties": false}""").RootElement, true, "p")];
        var options = new SamplingOptions
        {
            MaxTokens = 120, Temperature = 2, WrittenTokens = [.. format.Tokens],
            Grammar = Grammar.Either(form, format.Opening.Trim(), Grammar.OfToolCalls(format, tools, several: false, model.Tokenizer), model.Tokenizer),
        };
        var (called, answered) = (0, 0);
        for (var choice = 0; choice < 60; choice++)
        {
            var answer = new TextGenerator(model).Generate([new([10, 20], options with { Choice = choice })], 1, default)[0];
            if (answer.Finish == FinishReason.Length) continue;
            var (content, _, read) = Read(format, answer.Text, 5);
            if (read.Count > 0)
            {
                Assert.Equal(("", "time", 0), (content, Assert.Single(read).Name, JsonElement.Parse(read[0].Arguments).GetPropertyCount()));
                Assert.All(format.Tokens, token => Assert.Contains(token, answer.Ids)); // not text that spells them
                called++;
            }
            else
            {
                using var json = JsonDocument.Parse(content);
                Assert.InRange(json.RootElement.GetProperty("n").GetInt32(), 1, 9);
                answered++;
            }
        }
        Assert.True(called > 0 && answered > 0, $"{called} calls and {answered} answers");
    }

    [Fact]
    public void A_text_around_calls_that_the_vocabulary_cannot_write_is_named()
    {
        using var folder = new TemporaryFolder();
        const string Letters = "abcdefghijklmnopqrstuvwxyz_\"{}:, \n";
        File.WriteAllText(folder["tokenizer.json"], JsonSerializer.Serialize(new
        {
            decoder = new { type = "Fuse" },
            added_tokens = new[] { new { id = 0, content = "<unk>", special = true, single_word = false, lstrip = false, rstrip = false, normalized = false } },
            model = new
            {
                type = "BPE", unk_token = "<unk>", merges = Array.Empty<string>(),
                vocab = Letters.Select(letter => letter.ToString()).Prepend("<unk>").Select((token, id) => (token, id)).ToDictionary(entry => entry.token, entry => entry.id),
            },
        }));
        var tokenizer = Tokenizer.Load(folder["tokenizer.json"]);
        ToolDefinition[] tools = [new("time", null, false, "p")];
        var fault = Assert.Throws<InputError>(() => Grammar.OfToolCalls(new ToolCallFormat("", null, "é end", false, "arguments", ""), tools, false, tokenizer));
        Assert.Equal(
            ("tools: the chat template writes \"é end\" around calls, in which the vocabulary reads \"<unk>\"; allowed: text that it can write", "tools"), (fault.Message, fault.Parameter));
    }

    private ToolCallFormat? FormatOf(string calls)
    {
        var tokenizer = Tokenizer.Load(Path.Combine(tiny.Folder, "tokenizer.json"));
        var template = ChatTemplate.Parse(Frame.Replace("CALLS", calls, StringComparison.Ordinal), "test");
        return new ChatEncoder(tokenizer, template).ToolCallFormat;
    }

    private static (string Content, string Reasoning, List<ToolCall> Calls) Read(ToolCallFormat? format, string text, int piece, AnswerStart start = AnswerStart.Beginning)
    {
        var reader = new AnswerReader(format, Offered, format is null, start);
        var parts = text.Chunk(piece).SelectMany(chunk => reader.Append(new string(chunk), ends: false)).ToList();
        parts.AddRange(reader.Append("", ends: true));
        return (string.Concat(parts.Select(part => part.Content)), string.Concat(parts.Select(part => part.Reasoning)),
            [.. parts.Where(part => part.Call is not null).Select(part => part.Call!)]);
    }
}
