using Serverless.Learning.Evaluation;

namespace Serverless.Learning.Tests.Training;

public sealed class PackingEqualityTests(LoadedTinyModel tiny) : IClassFixture<LoadedTinyModel>
{
    [Fact]
    public void Examples_packed_into_rows_score_as_they_do_one_by_one()
    {
        using var model = tiny.Load();
        var sequences = LoadedTinyModel.Sequences(model, 20);
        var packed = Evaluator.Score(model, sequences, default);
        var single = sequences.Select(sequence => Evaluator.Score(model, [sequence], default)).Aggregate(EvaluationScores.None, (sum, one) => sum + one);
        Assert.Equal(single.Tokens, packed.Tokens);
        Assert.Equal(single.Correct, packed.Correct);
        // fp32 sums in another order: relative 1e-6 of a sum of about 500.
        Assert.Equal(single.LossSum, packed.LossSum, 1e-3);
    }
}
