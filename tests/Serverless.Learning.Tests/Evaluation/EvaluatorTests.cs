using Serverless.Learning.Evaluation;
using Serverless.Learning.Models;
using Serverless.Tests;

namespace Serverless.Learning.Tests.Evaluation;

public sealed class EvaluatorTests(LoadedTinyModel tiny) : IClassFixture<LoadedTinyModel>
{
    [Theory]
    [InlineData(4)]
    [InlineData(1000)]
    public void An_answer_is_the_one_given_alone_also_where_it_fills_the_context(int maxTokens)
    {
        using var model = tiny.Load();
        // Prompts of three lengths, so that the longest would pass the end of the context while the shortest is still answered.
        var examples = LoadedTinyModel.Examples(12)[..3];
        var together = Evaluator.Answers(model, examples, maxTokens, default);
        Assert.Equal(examples.Select(example => Evaluator.Answers(model, [example], maxTokens, default)[0]), together);
    }

    [Fact]
    public void An_answer_has_the_opening_of_the_thinking_that_its_prompt_has_written()
    {
        using var model = LanguageModel.Load(TinyModel.WriteThinking(Path.Combine(tiny.Folder, "thinking")));
        var examples = LoadedTinyModel.Examples(12)[..3];
        Assert.All(Evaluator.Answers(model, examples, 4, default), answer => Assert.StartsWith("<think>\n", answer.Answer, StringComparison.Ordinal));
        using var plain = tiny.Load();
        Assert.All(Evaluator.Answers(plain, examples, 4, default), answer => Assert.False(answer.Answer.StartsWith("<think>", StringComparison.Ordinal)));
    }
}
