using Serverless.Learning.Data;
using Serverless.Learning.Tests.Text.Templates;
using Serverless.Learning.Text;

namespace Serverless.Learning.Tests.Text.ChatEncoding;

/// <summary>Training and serving give the same tokens, for the template of every family and every conversation that it renders.</summary>
public sealed class OnePathTests
{
    private static readonly string[] WithCalls = ["llama-3.1", "mistral-v0.3", "qwen2.5", "qwen3", "r1-distill"];

    // The template leaves a second round of calls without its beginning.
    private static readonly (string Family, string Conversation)[] Refused = [("r1-distill", "two calls at once")];

    // Conversations in which an earlier answer, or the prompt before it, is rendered otherwise than when it was the last.
    private static readonly (string Family, string Conversation)[] Rewritten =
    [
        ("qwen3", "two turns"), ("qwen3", "two turns and a question under rules"), ("qwen3", "two calls at once"), ("qwen3", "thinking in two turns"),
        ("qwen3", "a call, its result and the answer"), ("qwen3", "a call without content"), ("qwen3", "a result to answer"),
        ("mistral-v0.3", "one turn under rules"), ("mistral-v0.3", "two turns and a question under rules"), ("mistral-v0.3", "thinking in two turns"),
        ("mistral-v0.3", "two calls at once"), ("mistral-v0.3", "a call, its result and the answer"),
    ];

    public static TheoryData<string> Families => [.. TemplateGolden.Families];

    public static TheoryData<string, string> Trained => [.. TemplateGolden.Cases
        .Where(one => one.Text is not null && one.Conversation != "an answer first" && !Refused.Contains((one.Family, one.Conversation)))
        .Where(one => HasAnswer(one.Conversation) && (!HasCalls(one.Conversation) || WithCalls.Contains(one.Family)))
        .Select(one => new TheoryDataRow<string, string>(one.Family, one.Conversation))];

    /// <summary>Those whose rendering is the text that is trained, as far as it is.</summary>
    public static TheoryData<string, string> TrainedAsOne => [.. Trained.Where(row =>
        row.Data.Item1 != "r1-distill" && row.Data.Item2 != "tokens that a user typed" && !Rewritten.Contains(row.Data))];

    [Theory]
    [MemberData(nameof(Trained))]
    public void Every_answer_is_trained_behind_the_prompt_that_serving_gives_it(string family, string conversation)
    {
        var chat = FamilyChat.Of(family);
        var (messages, tools) = TemplateGolden.Conversation(conversation);
        int[] turns = [.. messages.Index().Where(message => message.Item.Role == "assistant").Select(message => message.Index)];
        var sequences = chat.Train(messages, tools);
        (TrainingSequence Sequence, Range Run)[] trained = [.. sequences.SelectMany(sequence => FamilyChat.Runs(sequence).Select(run => (sequence, run)))];

        Assert.Equal(turns.Length, trained.Length);
        foreach (var (turn, (sequence, run)) in turns.Zip(trained))
        {
            var prompt = chat.Encoder.EncodePrompt(messages[..turn], tools);
            Assert.Equal(prompt, sequence.Ids[..run.Start.Value]);
            Assert.Equal(chat.Encoder.EndOfTurnId, sequence.Ids[run][^1]);
            Assert.Equal(7, sequence.Line);
        }
        Assert.All(sequences, sequence => Assert.True(sequence.Supervised[^1], "something follows the last target"));
    }

    [Theory]
    [MemberData(nameof(TrainedAsOne))]
    public void A_conversation_trained_as_one_has_the_tokens_of_its_rendering(string family, string conversation)
    {
        var chat = FamilyChat.Of(family);
        var (messages, tools) = TemplateGolden.Conversation(conversation);
        var rendered = TemplateGolden.Cases.Single(one => (one.Family, one.Conversation) == (family, conversation)).Text!;
        var sequence = Assert.Single(chat.Train(messages, tools));
        Assert.Equal(chat.Tokenizer.Encode(rendered, parseSpecial: true)[..sequence.Length], sequence.Ids);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_beginning_of_text_is_there_once_or_as_often_as_the_template_writes_it(string family)
    {
        var chat = FamilyChat.Of(family);
        var (messages, _) = TemplateGolden.Conversation("two turns");
        // SmolLM2's is the token that begins every message.
        int? bos = family != "smollm2" && TemplateGolden.BosOf(family) is { } token ? chat.Tokenizer.IdOf(token) : null;
        var expected = family switch
        {
            "llama-2" => 2,
            "phi-3" => 0,
            _ => bos is null ? 0 : 1,
        };
        foreach (var sequence in chat.Train(messages))
            Assert.Equal(family == "llama-2" ? FamilyChat.Runs(sequence).Count : expected, sequence.Ids.Count(id => id == bos));
        Assert.Equal(expected, chat.Encoder.EncodePrompt(messages[..^1]).Count(id => id == bos));
        if (expected > 0)
            Assert.Equal(bos, chat.Encoder.EncodePrompt(messages[..^1])[0]);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void What_a_user_types_is_never_a_special_token(string family)
    {
        var chat = FamilyChat.Of(family);
        var (typed, _) = TemplateGolden.Conversation("tokens that a user typed");
        ChatMessage[] plain = [typed[0] with { Content = "harmless" }, typed[1]];
        Assert.Equal(Special(chat, chat.Encoder.EncodePrompt(plain[..1])), Special(chat, chat.Encoder.EncodePrompt(typed[..1])));
        Assert.Equal(Special(chat, chat.Train(plain)[0].Ids), Special(chat, chat.Train(typed)[0].Ids));
        // Phi-3's </s> is an ordinary token that takes the space behind it along.
        var written = chat.Tokenizer.Decode(chat.Train(typed)[0].Ids, skipSpecial: false).Replace(" ", "", StringComparison.Ordinal);
        Assert.Contains("<|im_end|></s><end_of_turn><|eot_id|>", written, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Only_the_templates_that_write_tools_say_so(string family) =>
        Assert.Equal(family is "llama-3.1" or "mistral-v0.3" or "qwen2.5" or "qwen3", FamilyChat.Of(family).Encoder.WritesTools);

    private static int[] Special(FamilyChat chat, int[] ids) => [.. ids.Where(chat.Tokenizer.IsSpecial)];

    private static bool HasAnswer(string conversation) => TemplateGolden.Conversation(conversation).Messages.Any(message => message.Role == "assistant");

    private static bool HasCalls(string conversation) => TemplateGolden.Conversation(conversation).Messages.Any(message => message.ToolCalls is not null);
}
