using Serverless.Learning.Text;

namespace Serverless.Fuzz.Targets;

/// <summary>A tokenizer and a chat template, small and whole.</summary>
internal static class TinyText
{
    public const string Template =
        """
        {%- if messages[0].role == 'system' %}{{ '<|im_start|>system\n' + messages[0].content|trim + '<|im_end|>\n' }}{% endif -%}
        {%- macro call(one) %}{{ one.function.name }}({{ one.function.arguments | tojson }}){% endmacro -%}
        {% for message in messages if message.role != 'system' %}
        {%- set head = '<|im_start|>' ~ message['role'] -%}
        {{ head + '\n' }}{% if message.content is string %}{{ message.content.strip() }}{% endif %}
        {%- for one in message.tool_calls or [] %}{{ call(one) }}{% if not loop.last %}, {% endif %}{% endfor -%}
        {{ '<|im_end|>' + '\n' }}{% endfor %}
        {%- if tools %}{{ tools | map(attribute='function.name') | join(', ') | upper }}{% endif -%}
        {% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
        """;

    private static readonly string[] Sentences = ["the parcel has not arrived", "my card was charged twice for the same order", "I cannot sign in"];

    /// <summary>A tokenizer.json of 300 tokens.</summary>
    public static byte[] TokenizerJson { get; } = BpeTrainer.Train(Sentences, new BpeTrainingOptions(300, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]));

    public static ChatEncoder Encoder { get; } = new(Tokenizer.Load(Scratch.Write("tiny-tokenizer.json", TokenizerJson)), ChatTemplate.Parse(Template, "chat_template.jinja"));
}
