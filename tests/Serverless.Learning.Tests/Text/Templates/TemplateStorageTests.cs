using System.Text.Json;
using Serverless.Learning.Tests.Formats;
using Serverless.Learning.Text;

namespace Serverless.Learning.Tests.Text.Templates;

/// <summary>The three places where a model folder may hold its template, and the tokens that the template may write.</summary>
public sealed class TemplateStorageTests : IDisposable
{
    private const string Config = "tokenizer_config.json";

    private static readonly ChatMessage[] Hello = [new() { Role = "user", Content = "hello" }];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_template_is_a_string_of_the_configuration()
    {
        Write(Config, """{"chat_template": "{{ messages[0].content | upper }}"}""");
        Assert.Equal("HELLO", Render());
    }

    [Fact]
    public void A_file_of_its_own_goes_before_the_configuration()
    {
        Write(Config, """{"chat_template": "not this", "bos_token": "<s>"}""");
        Write("chat_template.jinja", "{{ bos_token }}{{ messages[0].content }}");
        Assert.Equal("<s>hello", Render());
    }

    [Fact]
    public void A_file_of_its_own_needs_no_configuration()
    {
        Write("chat_template.jinja", "{{ messages[0].content }}{{ bos_token }}");
        Assert.Equal("hello", Render());
    }

    [Fact]
    public void Of_named_templates_the_one_for_tools_is_used_when_there_are_tools()
    {
        Write(Config, """{"chat_template": [{"name": "tool_use", "template": "{{ tools[0].function.name }}"}, {"name": "default", "template": "plain"}, {"name": "rag", "template": "{{"}]}""");
        using var tools = JsonDocument.Parse("""[{"type": "function", "function": {"name": "tide"}}]""");
        using var none = JsonDocument.Parse("[]");
        Assert.Equal(("plain", "tide", "plain"), (Render(), Render(tools.RootElement), Render(none.RootElement)));
    }

    [Fact]
    public void Without_a_template_for_tools_the_default_one_is_given_them()
    {
        Write(Config, """{"chat_template": [{"name": "default", "template": "{{ tools[0].function.name if tools else 'plain' }}"}]}""");
        using var tools = JsonDocument.Parse("""[{"type": "function", "function": {"name": "tide"}}]""");
        Assert.Equal(("plain", "tide"), (Render(), Render(tools.RootElement)));
    }

    [Theory]
    [InlineData("\"<s>\"", "[<s>]")]
    [InlineData("""{"content": "<s>", "lstrip": false}""", "[<s>]")]
    [InlineData("null", "[]")]
    public void A_special_token_is_a_string_or_an_object_with_its_content(string token, string expected)
    {
        foreach (var name in (string[])["bos_token", "eos_token", "pad_token", "unk_token"])
        {
            Write(Config, $$$"""{"chat_template": "[{{ {{{name}}} }}]", "{{{name}}}": {{{token}}}}""");
            Assert.Equal(expected, Render());
        }
    }

    [Theory]
    [InlineData("\"a\\n{{ raise_exception('No.') }}\"", "the chat template refuses the conversation: No. (tokenizer_config.json line 2)")]
    [InlineData("\"a\\n\\n{{ messages[5].content }}\"", "tokenizer_config.json line 3: '[5]' is undefined, and '.content' needs its value")]
    [InlineData("\"{% if %}\"", "tokenizer_config.json line 1: found '%}'; expected an expression")]
    [InlineData("[{\"name\": \"default\", \"template\": \"\\n{{\"}]", "tokenizer_config.json, chat_template line 2: found the end of the template inside a tag; expected '}}'")]
    [InlineData("[{\"name\": \"default\", \"template\": \"\"}, {\"name\": \"tool_use\", \"template\": \"{%\"}]",
        "tokenizer_config.json, chat_template, tool_use line 1: found the end of the template inside a tag; expected '%}'")]
    public void Faults_of_a_template_in_the_configuration_name_it_and_the_line(string template, string message)
    {
        Write(Config, $$"""{"chat_template": {{template}}}""");
        Assert.Equal(message, Assert.Throws<InputError>(() => Render()).Message);
    }

    [Fact]
    public void Faults_of_a_template_in_a_file_of_its_own_name_the_file_and_the_line()
    {
        Write("chat_template.jinja", "a\nb\n{% for %}");
        Assert.StartsWith("chat_template.jinja line 3: found ", Assert.Throws<InputError>(() => Render()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("5", "found 5; allowed: a string or an array of {\"name\", \"template\"}")]
    [InlineData("[{\"name\": \"tool_use\", \"template\": \"\"}]", "found templates named tool_use; allowed: one of them is named default")]
    public void A_template_of_another_kind_is_refused(string template, string message)
    {
        Write(Config, $$"""{"chat_template": {{template}}}""");
        Assert.EndsWith($"{Config}, chat_template: {message}", Assert.Throws<InputError>(() => Render()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_named_template_without_its_text_is_refused_by_its_place()
    {
        Write(Config, """{"chat_template": [{"name": "default", "template": ""}, {"name": "x"}]}""");
        Assert.EndsWith(
            $$"""{{Config}}, chat_template[1]: found {"name": "x"}; allowed: {"name", "template"}, both strings""",
            Assert.Throws<InputError>(() => Render()).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("{}")]
    [InlineData("""{"chat_template": null}""")]
    public void A_folder_without_a_template_is_refused_with_the_places_where_it_could_stand(string? config)
    {
        if (config is not null)
            Write(Config, config);
        Assert.Equal(
            $"{_folder.Path}: found no chat template; allowed: a file chat_template.jinja, or chat_template in tokenizer_config.json",
            Assert.Throws<InputError>(() => Render()).Message);
    }

    private string Render(JsonElement? tools = null) => ChatTemplate.Load(_folder.Path).Render(Hello, addGenerationPrompt: true, tools);

    private void Write(string name, string content) => File.WriteAllText(_folder[name], content);
}
