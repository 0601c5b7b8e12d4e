using Serverless.Learning.Tests.Text.Templates;

namespace Serverless.Learning.Tests.Text.ChatEncoding;

/// <summary>Templates that render an answer otherwise once it is no longer the last one.</summary>
public sealed class ThinkingTests
{
    [Fact]
    public void Qwen3_trains_every_answer_with_its_thinking_and_earlier_ones_without()
    {
        var chat = FamilyChat.Of("qwen3");
        var (messages, _) = TemplateGolden.Conversation("thinking in two turns");
        var sequences = chat.Train(messages);
        Assert.Equal(
            ["<think>\nThe table says 14:20.\n</think>\n\nAt 14:20.<|im_end|>", "<think>\nBrest is later.\n</think>\n\nAt 16:05.<|im_end|>"],
            sequences.SelectMany(chat.Supervised));
        var context = chat.Tokenizer.Decode(sequences[1].Ids.AsSpan(0, FamilyChat.Runs(sequences[1])[0].Start.Value), skipSpecial: false);
        Assert.Contains("<|im_start|>assistant\nAt 14:20.<|im_end|>", context, StringComparison.Ordinal);
        Assert.DoesNotContain("<think>", context, StringComparison.Ordinal);
    }

    [Fact]
    public void Qwen3_keeps_the_thinking_of_one_turn_through_its_calls()
    {
        var chat = FamilyChat.Of("qwen3");
        var (messages, tools) = TemplateGolden.Conversation("thinking between calls");
        Assert.Equal(
            [
                "<think>\nI need the tide.\n</think>\n\n<tool_call>\n{\"name\": \"tide\", \"arguments\": {\"place\": \"Kiel\", \"hour\": 14}}\n</tool_call><|im_end|>",
                "<think>\nThe table says 14:20.\n</think>\n\nAt 14:20.<|im_end|>",
            ],
            chat.Supervised(Assert.Single(chat.Train(messages, tools))));
    }

    [Fact]
    public void Qwen3_trains_an_answer_without_thinking_with_an_empty_thought()
    {
        var chat = FamilyChat.Of("qwen3");
        var (messages, _) = TemplateGolden.Conversation("one turn");
        Assert.Equal(["<think>\n\n</think>\n\nAt 14:20.<|im_end|>"], chat.Supervised(Assert.Single(chat.Train(messages))));
    }

    [Fact]
    public void R1_trains_the_thinking_that_its_prompt_opens()
    {
        var chat = FamilyChat.Of("r1-distill");
        var (messages, _) = TemplateGolden.Conversation("thinking in two turns");
        var sequences = chat.Train(messages);
        Assert.Equal(
            ["The table says 14:20.\n</think>\n\nAt 14:20.<｜end▁of▁sentence｜>", "\nBrest is later.\n\n</think>\n\nAt 16:05.<｜end▁of▁sentence｜>"],
            sequences.SelectMany(chat.Supervised).Select(text => text.Replace("\n\n\n\nAt", "\n\nAt", StringComparison.Ordinal)));
        Assert.All(sequences, sequence => Assert.True(chat.Encoder.OpensThought(sequence.Ids.AsSpan(0, FamilyChat.Runs(sequence)[0].Start.Value))));
        var context = chat.Tokenizer.Decode(sequences[1].Ids.AsSpan(0, FamilyChat.Runs(sequences[1])[0].Start.Value), skipSpecial: false);
        Assert.DoesNotContain("The table says", context, StringComparison.Ordinal);
    }

    [Fact]
    public void R1_trains_an_answer_without_thinking_with_a_thought_that_ends_at_once()
    {
        var chat = FamilyChat.Of("r1-distill");
        var (messages, _) = TemplateGolden.Conversation("one turn");
        Assert.Equal(["\n</think>\n\nAt 14:20.<｜end▁of▁sentence｜>"], chat.Supervised(Assert.Single(chat.Train(messages))));
    }

    [Fact]
    public void R1_trains_calls_behind_a_thought_as_well()
    {
        var chat = FamilyChat.Of("r1-distill");
        var (messages, tools) = TemplateGolden.Conversation("thinking between calls");
        var call = Assert.Single(chat.Supervised(chat.Train(messages, tools)[0]));
        Assert.StartsWith("I need the tide.\n</think>\n\n<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>tide\n", call, StringComparison.Ordinal);
        Assert.EndsWith("<｜tool▁calls▁end｜><｜end▁of▁sentence｜>", call, StringComparison.Ordinal);
    }

    [Fact]
    public void Mistral_trains_every_answer_under_the_rules_that_its_template_writes_with_the_last_question_only()
    {
        var chat = FamilyChat.Of("mistral-v0.3");
        var (messages, _) = TemplateGolden.Conversation("two turns and a question under rules");
        var sequences = chat.Train(messages);
        Assert.Equal(["At 14:20.</s>", "At 16:05, a metre higher.</s>"], sequences.SelectMany(chat.Supervised));
        Assert.All(sequences, sequence => Assert.Contains("You keep the harbour's log.", chat.Tokenizer.Decode(sequence.Ids), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("qwen3", true, false)]
    [InlineData("r1-distill", true, true)]
    [InlineData("qwen2.5", false, false)]
    public void Whether_a_model_thinks_and_whether_its_prompt_opens_the_thinking_is_told_by_its_template(string family, bool thinks, bool opens)
    {
        var encoder = FamilyChat.Of(family).Encoder;
        var (messages, _) = TemplateGolden.Conversation("a question");
        Assert.Equal((thinks, opens), (encoder.Thinks, encoder.OpensThought(encoder.EncodePrompt(messages))));
    }
}
