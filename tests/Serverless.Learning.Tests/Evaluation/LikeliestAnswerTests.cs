using Serverless.Learning.Data;
using Serverless.Learning.Evaluation;
using Serverless.Learning.Text;

namespace Serverless.Learning.Tests.Evaluation;

public sealed class LikeliestAnswerTests(LoadedTinyModel tiny) : IClassFixture<LoadedTinyModel>
{
    // One begins with the tokens of another, and they differ in length.
    private static readonly string[] Candidates = ["bill", "billing", "shipping", "account", "the parcel has not arrived"];

    [Fact]
    public void The_likeliest_answer_is_the_one_that_has_the_least_loss_when_each_is_scored_by_itself()
    {
        using var model = tiny.Load();
        var examples = LoadedTinyModel.Examples(12);
        var likeliest = Evaluator.LikeliestOf(model, examples, Candidates, TestContext.Current.CancellationToken);
        Assert.Equal(examples.Select(example => Candidates.MinBy(candidate => LossOf(example, candidate))), likeliest.Select(answer => answer.Answer));

        double LossOf(ChatExample example, string candidate)
        {
            var answered = new ChatExample(example.Line, [.. Evaluator.PromptOf(example), new ChatMessage { Role = "assistant", Content = candidate }]);
            return Evaluator.Score(model, model.Chat.EncodeExample(answered), TestContext.Current.CancellationToken).LossSum;
        }
    }
}
