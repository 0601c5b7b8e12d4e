using Serverless.Learning.Evaluation;
using Serverless.Learning.Models;
using Serverless.Learning.Training;
using TorchSharp;

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

    [Fact]
    public void A_step_over_shared_tokens_has_the_loss_and_the_gradients_of_one_without()
    {
        using var model = tiny.Load();
        var sequences = LoadedTinyModel.Sequences(model, 20);
        int[] chosen = [.. Enumerable.Range(0, sequences.Count)];
        var shared = Gradients(model, PackedBatches.Build(sequences, chosen, 4096));
        var apart = Gradients(model, PackedBatches.Build(sequences, chosen, 4096, share: false));

        Assert.True(shared.Tokens < 0.9 * apart.Tokens, $"{shared.Tokens} tokens of {apart.Tokens} were computed");
        Assert.Equal(apart.Loss, shared.Loss, 1e-3);
        foreach (var (name, expected) in apart.Gradients)
        {
            var scale = expected.Max(Math.Abs);
            Assert.All(expected.Zip(shared.Gradients[name]), pair => Assert.Equal(pair.First, pair.Second, 1e-4 * scale + 1e-7));
        }
    }

    private static (int Tokens, double Loss, Dictionary<string, float[]> Gradients) Gradients(LanguageModel model, List<MicroBatch> batch)
    {
        using var scope = torch.NewDisposeScope();
        foreach (var weight in model.Decoder.Weights)
        {
            weight.Value.requires_grad_();
            weight.Value.grad?.zero_();
        }
        var sum = 0.0;
        foreach (var micro in batch)
        {
            using var layout = micro.LayoutFor(model.Decoder);
            var loss = model.Decoder.Loss(model.Decoder.Hidden(micro.Ids, layout), micro.Targets, 1).Loss;
            loss.backward();
            sum += loss.item<float>();
        }
        return (batch.Sum(micro => micro.Ids.Length), sum,
            model.Decoder.Weights.ToDictionary(weight => weight.Name, weight => weight.Value.grad!.contiguous().data<float>().ToArray()));
    }
}
