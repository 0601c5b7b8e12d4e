using Serverless.Learning.Tests.Text.Templates;
using Serverless.Learning.Text;

namespace Serverless.Learning.Tests.Text.ChatEncoding;

/// <summary>Conversations that a template refuses or cannot write, with the line of the data set that they came from.</summary>
public sealed class ConversationFaultTests
{
    [Theory]
    [InlineData("gemma-2", "one turn under rules", "the chat template refuses the conversation: This model takes no rules. (gemma-2.jinja line 4)")]
    [InlineData("mistral-v0.3", "a call with an id of another form", "the chat template refuses the conversation: A call is known by nine letters or digits. (mistral-v0.3.jinja line 7)")]
    [InlineData("llama-3", "a call", "messages[1].tool_calls: found tool calls, which the model's chat template does not write there; allowed: none")]
    [InlineData("smollm2", "a call without content", "messages[1].tool_calls: found tool calls, which the model's chat template does not write there; allowed: none")]
    [InlineData("llama-2", "two questions in a row", null)]
    public void A_conversation_that_the_template_refuses_is_told_with_its_line(string family, string conversation, string? message)
    {
        var (messages, tools) = TemplateGolden.Conversation(conversation);
        var error = Assert.Throws<InputError>(() => FamilyChat.Of(family).Train(messages, tools)).Message;
        if (message is null)
            Assert.StartsWith("line 7: the chat template refuses the conversation: ", error, StringComparison.Ordinal);
        else
            Assert.Equal("line 7: " + message, error);
    }

    [Fact]
    public void An_answer_without_anything_before_it_is_refused_where_the_template_needs_a_message()
    {
        var (messages, _) = TemplateGolden.Conversation("an answer first");
        Assert.StartsWith(
            "line 7: messages[0].role: found \"assistant\" first; allowed: another message before it (qwen2.5.jinja line ",
            Assert.Throws<InputError>(() => FamilyChat.Of("qwen2.5").Train(messages)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_that_does_not_continue_its_own_prompt_is_refused()
    {
        // This template leaves the beginning of a second round of calls out.
        var (messages, tools) = TemplateGolden.Conversation("two calls at once");
        Assert.StartsWith(
            "line 7: messages[6]: the chat template does not render the answer as a continuation of its own prompt; the prompt goes on with \"",
            Assert.Throws<InputError>(() => FamilyChat.Of("r1-distill").Train(messages, tools)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Serving_gives_a_refusal_in_the_templates_words()
    {
        var (messages, _) = TemplateGolden.Conversation("a question under rules");
        Assert.Equal(
            "the chat template refuses the conversation: This model takes no rules. (gemma-2.jinja line 4)",
            Assert.Throws<InputError>(() => FamilyChat.Of("gemma-2").Encoder.EncodePrompt(messages)).Message);
    }

    [Fact]
    public void A_developer_is_the_system_and_a_function_is_a_tool_where_the_template_knows_neither()
    {
        var chat = FamilyChat.Of("qwen2.5");
        ChatMessage[] Said(string rules, string result) =>
            [new() { Role = rules, Content = "Be brief." }, new() { Role = "user", Content = "Hi" }, new() { Role = result, Content = "4" }];
        Assert.Equal(chat.Encoder.EncodePrompt(Said("system", "tool")), chat.Encoder.EncodePrompt(Said("developer", "function")));
    }
}
