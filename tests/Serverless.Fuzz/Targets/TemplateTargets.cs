using System.Text;
using System.Text.Json;
using Serverless.Fuzz.Running;
using Serverless.Learning.Text;

namespace Serverless.Fuzz.Targets;

/// <summary>Chat templates, which are foreign code.</summary>
internal static class TemplateTargets
{
    private static readonly string[] Words =
    [
        "{% for i in range(1000) %}", "{% endfor %}", "{% if true %}", "{% endif %}", "{% macro f(x) %}", "{% endmacro %}", "{{ f(1) }}", "{% set ns = namespace(x=1) %}", "{% set ns.x = ns.x + ns.x %}",
        "{{ 'a' * 1000000 }}", "{{ messages | tojson }}", "|join(',')", "|replace('a','aa')", "|list", "|length", "|trim", "|upper", "[::-1]", "[1:2]", "['x']", ".content", " + 1", " ** 9", " // 0", "%", "~",
        "not ", "- ", "(", "[", "{", "loop.index", "is defined", "raise_exception('x')", "strftime_now('%Y')", "{#", "#}", "{%-", "-%}", "{{ [1,2,3] * 100000 }}", ".split('a')", "|map('upper')", "|sort",
        "{% generation %}", "{% filter upper %}", "{% with %}", "{% break %}", "9223372036854775807", "|int", "|float", "|round(9)", ".items()", "|indent(1000000)", "|selectattr('role')", "|groupby('role')",
    ];

    private static readonly ChatMessage[] Messages =
    [
        new() { Role = "system", Content = "Answer." },
        new() { Role = "user", Content = "Hi \U0001F600" },
        new() { Role = "assistant", ToolCalls = JsonDocument.Parse("""[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}}]""").RootElement },
        new() { Role = "tool", ToolCallId = "a", Content = "2" },
    ];

    private static readonly JsonElement Tools = JsonDocument.Parse("""[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"x":{"type":"integer"}}}}}]""").RootElement;

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new FuzzTarget(
            "chat-template",
            [.. new[]
            {
                TinyText.Template,
                "{% set ns = namespace(x='') %}{% for m in messages %}{% set ns.x = ns.x + m.role %}{{ ns.x | replace('s', 'ss') }}{% endfor %}",
                "{% macro f(x) %}{{ f(x - 1) if x > 0 else x }}{% endmacro %}{{ f(5) }}{{ range(10) | list | tojson(indent=2) }}{{ {'a': [1, 2.5, none]}.items() | list }}",
                "{{ bos_token }}{{ messages[-1].content[1:] }}{{ messages | length + 1 }}{{ 'x' if messages is iterable and 1 < 2 <= 3 else 'y' }}{{ '%s' % 1 }}",
            }.Select(Encoding.UTF8.GetBytes)],
            Render)
        {
            // The budget of a rendering: 256 MB of values on the way, and beside them what ten million steps leave behind at once.
            Words = Words, Bytes = 3L << 29, BytesPerByte = 2000, Longest = TimeSpan.FromSeconds(5),
        },
    ];

    private static void Render(byte[] input) =>
        ChatTemplate.Parse(Encoding.UTF8.GetString(input), "chat_template.jinja", "<s>", "</s>").Render(Messages, addGenerationPrompt: true, Tools);
}
