using Serverless.Learning.Tests.Text.Templates;
using Serverless.Learning.Text;

namespace Serverless.Learning.Tests.Text.ChatEncoding;

/// <summary>Which tokens are targets, told by their text.</summary>
public sealed class SupervisionTests
{
    [Theory]
    // A SentencePiece text loses its first space when it is decoded.
    [InlineData("llama-2", "At 14:20. </s>", "At 16:05, a metre higher. </s>")]
    [InlineData("llama-3", "At 14:20.<|eot_id|>", "At 16:05, a metre higher.<|eot_id|>")]
    [InlineData("llama-3.1", "At 14:20.<|eot_id|>", "At 16:05, a metre higher.<|eot_id|>")]
    [InlineData("mistral-v0.1", "At 14:20.</s>", " At 16:05, a metre higher.\n</s>")]
    [InlineData("mistral-v0.3", "At 14:20.</s>", "At 16:05, a metre higher.</s>")]
    [InlineData("qwen2.5", "At 14:20.<|im_end|>", "  At 16:05, a metre higher.\n<|im_end|>")]
    [InlineData("gemma-2", "At 14:20.<end_of_turn>", "At 16:05, a metre higher.<end_of_turn>")]
    [InlineData("gemma-3", "At 14:20.<end_of_turn>", "At 16:05, a metre higher.<end_of_turn>")]
    // The tokens take the white space behind or around them along.
    [InlineData("phi-3", "At 14:20.<|end|>", "At 16:05, a metre higher.\n<|end|>")]
    [InlineData("phi-4", "At 14:20.<|im_end|>", "At 16:05, a metre higher.<|im_end|>")]
    [InlineData("phi-4-mini", "At 14:20.<|end|>", "  At 16:05, a metre higher.\n<|end|>")]
    [InlineData("smollm2", "At 14:20.<|im_end|>", "  At 16:05, a metre higher.\n<|im_end|>")]
    public void Answers_are_targets_with_their_end_of_turn_and_nothing_else_is(string family, string first, string second)
    {
        var chat = FamilyChat.Of(family);
        var (messages, _) = TemplateGolden.Conversation("two turns");
        Assert.Equal([first, second], chat.Supervised(Assert.Single(chat.Train(messages))));
    }

    [Theory]
    [InlineData("llama-3.1", "{\"name\": \"tide\", \"parameters\": {\"place\": \"Kiel\", \"hour\": 14}}<|eot_id|>", "At 14:20.<|eot_id|>")]
    [InlineData("mistral-v0.3", "[TOOL_CALLS] [{\"name\": \"tide\", \"arguments\": {\"place\": \"Kiel\", \"hour\": 14}, \"id\": \"tide00001\"}]</s>", "At 14:20.</s>")]
    [InlineData("qwen2.5", "<tool_call>\n{\"name\": \"tide\", \"arguments\": {\"place\": \"Kiel\", \"hour\": 14}}\n</tool_call><|im_end|>", "At 14:20.<|im_end|>")]
    public void Calls_are_targets_and_their_results_are_not(string family, string call, string answer)
    {
        var chat = FamilyChat.Of(family);
        var (messages, tools) = TemplateGolden.Conversation("a call, its result and the answer");
        Assert.Equal([call, answer], [.. chat.Train(messages, tools).SelectMany(chat.Supervised)]);
    }

    [Theory]
    [InlineData("qwen2.5")]
    [InlineData("llama-3")]
    [InlineData("gemma-3")]
    [InlineData("phi-3")]
    [InlineData("mistral-v0.3")]
    public void An_answer_of_weight_0_is_context_and_no_target(string family)
    {
        var chat = FamilyChat.Of(family);
        var (messages, _) = TemplateGolden.Conversation("two turns");
        var both = Assert.Single(chat.Train(messages));
        var runs = FamilyChat.Runs(both);

        var second = Assert.Single(chat.Train(Weighted(messages, 1, 0)));
        Assert.Equal(both.Ids, second.Ids);
        Assert.Equal([runs[1]], FamilyChat.Runs(second));

        // What follows the last target is left out.
        var first = Assert.Single(chat.Train(Weighted(messages, 3, 0)));
        Assert.Equal(both.Ids[..runs[0].End.Value], first.Ids);
        Assert.Equal([runs[0]], FamilyChat.Runs(first));

        Assert.Equal([.. runs], FamilyChat.Runs(Assert.Single(chat.Train(Weighted(messages, 1, 1)))));
        Assert.Equal(0, Assert.Single(chat.Train(Weighted(Weighted(messages, 1, 0), 3, 0))).SupervisedCount);
    }

    [Fact]
    public void A_conversation_without_answers_has_no_targets()
    {
        var chat = FamilyChat.Of("qwen2.5");
        var (messages, _) = TemplateGolden.Conversation("a question under rules");
        var sequence = Assert.Single(chat.Train(messages));
        Assert.Equal(0, sequence.SupervisedCount);
        Assert.Equal(chat.Tokenizer.Encode(TemplateGolden.Load("qwen2.5").Render(messages, addGenerationPrompt: false), parseSpecial: true), sequence.Ids);
    }

    [Theory]
    [InlineData("llama-2", "</s>")]
    [InlineData("llama-3", "<|eot_id|>")]
    [InlineData("llama-3.1", "<|eot_id|>")]
    [InlineData("mistral-v0.1", "</s>")]
    [InlineData("mistral-v0.3", "</s>")]
    [InlineData("qwen2.5", "<|im_end|>")]
    [InlineData("qwen3", "<|im_end|>")]
    [InlineData("r1-distill", "<｜end▁of▁sentence｜>")]
    [InlineData("gemma-2", "<end_of_turn>")]
    [InlineData("gemma-3", "<end_of_turn>")]
    [InlineData("phi-3", "<|end|>")]
    [InlineData("phi-4", "<|im_end|>")]
    [InlineData("phi-4-mini", "<|end|>")]
    [InlineData("smollm2", "<|im_end|>")]
    public void The_token_that_ends_a_turn_is_read_off_the_template(string family, string token) =>
        Assert.Equal(FamilyChat.Of(family).Tokenizer.IdOf(token), FamilyChat.Of(family).Encoder.EndOfTurnId);

    private static ChatMessage[] Weighted(ChatMessage[] messages, int index, double weight) =>
        [.. messages.Index().Select(message => message.Index == index ? message.Item with { Weight = weight } : message.Item)];
}
