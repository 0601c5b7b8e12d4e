namespace Serverless.Learning.Tests.Text.Templates;

public sealed class TemplateGoldenTests
{
    public static TheoryData<string, string> Rendered => Select(one => one.Text is not null);

    public static TheoryData<string, string> Refused => Select(one => one.Refused is not null);

    /// <summary>Those that take the content of a call without one for text.</summary>
    public static TheoryData<string, string> Failing => Select(one => one.Text is null && one.Refused is null);

    [Theory]
    [MemberData(nameof(Rendered))]
    public void Conversations_are_rendered_as_Jinja2_renders_them(string family, string conversation)
    {
        var expected = CaseOf(family, conversation);
        var (messages, tools) = TemplateGolden.Conversation(conversation);
        var template = TemplateGolden.Load(family);
        Assert.Equal(expected.Text, template.Render(messages, addGenerationPrompt: false, tools));
        Assert.Equal(expected.Prompted, template.Render(messages, addGenerationPrompt: true, tools));
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_refusal_gives_the_templates_words_its_name_and_the_line(string family, string conversation)
    {
        var words = CaseOf(family, conversation).Refused!;
        var (messages, tools) = TemplateGolden.Conversation(conversation);
        var line = TemplateGolden.SourceOf(family).Split('\n').Index().Single(line => line.Item.Contains(words, StringComparison.Ordinal)).Index + 1;
        Assert.Equal(
            $"the chat template refuses the conversation: {words} ({TemplateGolden.NameOf(family)} line {line})",
            Assert.Throws<InputError>(() => TemplateGolden.Load(family).Render(messages, addGenerationPrompt: true, tools)).Message);
    }

    [Theory]
    [MemberData(nameof(Failing))]
    public void A_template_that_needs_text_beside_calls_is_given_an_empty_one(string family, string conversation)
    {
        var (messages, tools) = TemplateGolden.Conversation(conversation);
        var template = TemplateGolden.Load(family);
        var filled = messages.Select(message => message with { Content = message.Content ?? "" }).ToArray();
        var with = Outcome(() => template.Render(filled, addGenerationPrompt: false, tools));
        var without = Outcome(() => template.Render(messages, addGenerationPrompt: false, tools));
        // None of these templates writes calls, so an empty answer would stand for them.
        Assert.Equal(with.StartsWith("the chat template refuses", StringComparison.Ordinal) ? with
            : "messages[1].tool_calls: found tool calls, which the model's chat template does not write there; allowed: none", without);
    }

    private static string Outcome(Func<string> render)
    {
        try
        {
            return render();
        }
        catch (InputError error)
        {
            return error.Message;
        }
    }

    private static TemplateGolden.Case CaseOf(string family, string conversation) =>
        TemplateGolden.Cases.Single(one => (one.Family, one.Conversation) == (family, conversation));

    private static TheoryData<string, string> Select(Func<TemplateGolden.Case, bool> which) =>
        [.. TemplateGolden.Cases.Where(which).Select(one => new TheoryDataRow<string, string>(one.Family, one.Conversation))];
}
