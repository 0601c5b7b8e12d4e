using System.Text.Json;
using Serverless.Learning.Text.Jinja;

namespace Serverless.Learning.Text;

/// <summary>
/// A model's chat template: a Jinja template that turns a conversation into the text that the model was trained on. It is rendered as Hugging
/// Face's <c>apply_chat_template</c> does. Thread safe.
/// </summary>
public sealed class ChatTemplate
{
    private readonly Template _template;
    private readonly Template? _toolTemplate;
    private readonly IReadOnlyDictionary<string, string> _tokens;
    private readonly bool _knowsDevelopers;
    private readonly TimeProvider _clock;

    internal ChatTemplate(ChatTemplateSource source, TimeProvider clock)
    {
        Source = source.Template;
        _template = Template.Parse(source.Template, source.Name);
        _toolTemplate = source.ToolTemplate is { } forTools ? Template.Parse(forTools, $"{source.Name}, tool_use") : null;
        _tokens = source.Tokens;
        _knowsDevelopers = source.Template.Contains("developer", StringComparison.Ordinal);
        _clock = clock;
    }

    private ChatTemplate(ChatTemplate template, TimeProvider clock)
    {
        (Source, _template, _toolTemplate) = (template.Source, template._template, template._toolTemplate);
        (_tokens, _knowsDevelopers, _clock) = (template._tokens, template._knowsDevelopers, clock);
    }

    /// <summary>The template's own text.</summary>
    public string Source { get; }

    /// <summary>
    /// Reads the template of a model folder: <c>chat_template.jinja</c>, else <c>chat_template</c> of <c>tokenizer_config.json</c> (a string, or a
    /// list of named ones of which <c>default</c> and <c>tool_use</c> are used), and the special tokens it may write.
    /// </summary>
    /// <param name="modelFolder">A folder in Hugging Face's layout.</param>
    /// <param name="clock">Tells templates that print the date what time it is (in UTC); the system's clock if null.</param>
    /// <exception cref="InputError">There is no template, or it cannot be parsed.</exception>
    public static ChatTemplate Load(string modelFolder, TimeProvider? clock = null) =>
        new(ChatTemplateSource.Read(modelFolder), clock ?? TimeProvider.System);

    /// <summary>Parses a template.</summary>
    /// <param name="source">The template.</param>
    /// <param name="name">The name that errors give.</param>
    /// <param name="bosToken">What the template's variable <c>bos_token</c> holds; undefined if null.</param>
    /// <param name="eosToken">What the template's variable <c>eos_token</c> holds; undefined if null.</param>
    /// <param name="clock">Tells templates that print the date what time it is (in UTC); the system's clock if null.</param>
    /// <exception cref="InputError">It is not Jinja, or uses what is not supported; the line is named.</exception>
    public static ChatTemplate Parse(string source, string name, string? bosToken = null, string? eosToken = null, TimeProvider? clock = null)
    {
        var tokens = new Dictionary<string, string>();
        if (bosToken is not null)
            tokens["bos_token"] = bosToken;
        if (eosToken is not null)
            tokens["eos_token"] = eosToken;
        return new ChatTemplate(new ChatTemplateSource(name, source, null, tokens), clock ?? TimeProvider.System);
    }

    /// <summary>The same template at a fixed time: the date that a job's training and evaluation see.</summary>
    public ChatTemplate At(DateTimeOffset time) => new(this, new FixedClock(time));

    /// <summary>The text of a conversation.</summary>
    /// <param name="messages">The conversation.</param>
    /// <param name="addGenerationPrompt">Whether the beginning of an assistant's message follows.</param>
    /// <param name="tools">The array of tools offered to the assistant, if any.</param>
    /// <param name="cancellationToken">Ends the rendering.</param>
    /// <exception cref="InputError">The template refuses the conversation, fails, or exceeds the bounds of a rendering.</exception>
    public string Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, JsonElement? tools = null, CancellationToken cancellationToken = default) =>
        RenderMarked(messages, addGenerationPrompt, tools, cancellationToken).Value;

    /// <summary>The same, with marks on what comes from the messages (by their index) and tools.</summary>
    internal MarkedText RenderMarked(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, JsonElement? tools, CancellationToken cancellationToken = default)
    {
        var offered = tools is { ValueKind: JsonValueKind.Array } array && array.GetArrayLength() > 0 ? ChatValues.FromWire(array, Mark.Tools, "tools") : null;
        try
        {
            return Render(messages, addGenerationPrompt, offered, noContent: null, cancellationToken);
        }
        catch (InputError error) when (error.InnerException is JinjaError && messages.Any(message => message.Content is null))
        {
            // Some templates take content for a string even beside tool calls; others ask whether it is none.
            var text = Render(messages, addGenerationPrompt, offered, noContent: MarkedText.Empty, cancellationToken);
            CheckToolCalls(text, messages);
            return text;
        }
    }

    /// <summary>Refuses tool calls that a template, made for a model without them, leaves out without a word.</summary>
    internal static void CheckToolCalls(MarkedText text, IReadOnlyList<ChatMessage> messages)
    {
        var written = text.Marks.Select(mark => mark.Source).ToHashSet();
        for (var i = 0; i < messages.Count; i++)
            if (messages[i].ToolCalls is { ValueKind: JsonValueKind.Array } calls && calls.GetArrayLength() > 0 && !written.Contains(Mark.CallsOf(i)))
                throw new InputError($"messages[{i}].tool_calls: found tool calls, which the model's chat template does not write there; allowed: none");
    }

    private MarkedText Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, object? tools, MarkedText? noContent, CancellationToken cancellationToken)
    {
        var template = tools is null ? _template : _toolTemplate ?? _template;
        IEnumerable<KeyValuePair<string, object?>> variables =
        [
            new("messages", new JinjaList([.. messages.Select((message, i) => ChatValues.Of(message, i, _knowsDevelopers, noContent))])),
            new("tools", tools),
            new("documents", null),
            new("add_generation_prompt", addGenerationPrompt),
            .. _tokens.Select(token => KeyValuePair.Create<string, object?>(token.Key, (MarkedText)token.Value)),
        ];
        return template.Render(variables, _clock, cancellationToken);
    }
}
