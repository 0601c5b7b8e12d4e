using System.Security.Cryptography;
using Serverless.Learning.Adapters;
using Serverless.Learning.Data;
using Serverless.Learning.Models;
using Serverless.Learning.Training;

namespace Serverless.Learning.Tests.Training;

public sealed class PreferenceTrainingTests(LoadedTinyModel tiny) : IClassFixture<LoadedTinyModel>
{
    [Theory]
    [InlineData(AdapterKind.Full)]
    [InlineData(AdapterKind.Lora)]
    public void The_first_step_finds_a_margin_of_exactly_zero_and_later_ones_more(AdapterKind kind)
    {
        var reference = Reference(kind);
        using var trainer = Start(kind, reference);
        var first = trainer.TrainStep();
        Assert.Equal(0.0, first.Figures["reward_margin"]);
        Assert.Equal(0.5, first.Figures["reward_accuracy"]);
        Assert.Equal(Math.Log(2), first.Loss!.Value, 12);
        Assert.Null(first.Accuracy);
        var last = first;
        while (trainer.Step < trainer.TotalSteps) last = trainer.TrainStep();
        Assert.True(last.Figures["reward_margin"] > 0.02, $"margin {last.Figures["reward_margin"]}");
        Assert.Equal(1.0, last.Figures["reward_accuracy"]);
        Assert.True(last.Loss < first.Loss);
    }

    [Fact]
    public void The_reference_is_the_model_that_training_starts_from_not_its_base()
    {
        var folder = Path.Combine(tiny.Folder, Guid.NewGuid().ToString("N"));
        using (var trainer = Start(AdapterKind.Lora, Reference(AdapterKind.Lora)))
        {
            while (trainer.Step < trainer.TotalSteps) trainer.TrainStep();
            trainer.ExportMerged(folder);
        }
        var reference = Reference(AdapterKind.Lora, folder);
        Assert.NotEqual(Reference(AdapterKind.Lora).Training, reference.Training);
        using var next = Start(AdapterKind.Lora, reference, folder);
        Assert.Equal(0.0, next.TrainStep().Figures["reward_margin"]);
    }

    [Theory]
    [InlineData(AdapterKind.Full)]
    [InlineData(AdapterKind.Lora)]
    public void Chunks_of_one_seven_and_all_steps_end_with_the_same_bytes(AdapterKind kind)
    {
        var reference = Reference(kind);
        var whole = WeightsAfterChunksOf(int.MaxValue, kind, reference);
        Assert.Equal(whole, WeightsAfterChunksOf(1, kind, reference));
        Assert.Equal(whole, WeightsAfterChunksOf(7, kind, reference));
    }

    [Fact]
    public void Pairs_score_alone_as_they_do_in_a_batch()
    {
        using var model = tiny.Load();
        var pairs = Pairs(model);
        var together = PairScores.Of(model.Decoder, pairs);
        foreach (var (pair, score) in pairs.Zip(together))
        {
            var alone = PairScores.Of(model.Decoder, [pair])[0];
            // fp32 sums in another order: relative 1e-6 of about 30.
            Assert.Equal(alone.Chosen, score.Chosen, 1e-4);
            Assert.Equal(alone.Rejected, score.Rejected, 1e-4);
        }
    }

    [Fact]
    public void Validation_pairs_are_compared_with_their_own_reference()
    {
        var reference = Reference(AdapterKind.Full);
        using var trainer = Start(AdapterKind.Full, reference);
        var before = trainer.Validate(default)!;
        Assert.Equal((0.0, 0.5), (before.Figures["reward_margin"], before.Figures["reward_accuracy"]));
        Assert.Null(before.Accuracy);
        while (trainer.Step < trainer.TotalSteps) trainer.TrainStep();
        Assert.True(trainer.Validate(default)!.Figures["reward_margin"] > 0);
    }

    [Fact]
    public void Both_answers_of_a_pair_are_in_one_micro_batch_and_an_epoch_takes_each_pair_once()
    {
        using var model = tiny.Load();
        var pairs = Enumerable.Repeat(Pairs(model), 20).SelectMany(all => all).ToList();
        var batches = new PairBatches(pairs, Options(AdapterKind.Full) with { BatchSize = 200 });
        var seen = new List<int>();
        for (var step = 0; step < (int)batches.StepsPerEpoch; step++)
        {
            var micros = batches.BatchOf(step);
            Assert.True(step > 0 || micros.Count > 1, "all pairs of a step fit into one micro-batch: nothing was tested");
            foreach (var micro in micros)
            {
                var answers = micro.Examples!.Where(example => example >= 0).ToHashSet();
                Assert.All(answers, answer => Assert.Contains(answer ^ 1, answers));
                seen.AddRange(answers.Where(answer => answer % 2 == 0).Select(answer => answer / 2));
            }
        }
        Assert.Equal(Enumerable.Range(0, pairs.Count), seen.Order());
    }

    [Fact]
    public void Training_without_a_reference_or_scoring_it_after_a_step_is_a_fault_of_the_caller()
    {
        using var without = Start(AdapterKind.Full, new Scores(null, null));
        Assert.Throws<InvalidOperationException>(() => without.TrainStep());
        using var after = Start(AdapterKind.Full, Reference(AdapterKind.Full));
        after.TrainStep();
        Assert.Throws<InvalidOperationException>(() => after.ScoreReference(0));
    }

    internal static TrainingOptions Options(AdapterKind kind) => new()
    {
        Adapter = new AdapterOptions { Kind = kind, Rank = 4, Alpha = 8, Dropout = kind == AdapterKind.Lora ? 0.1 : 0 },
        Epochs = 3, BatchSize = 4, LearningRate = kind == AdapterKind.Full ? 1e-3 : 1e-2, MaxSequenceLength = 128, Seed = 1, Beta = 0.1,
    };

    internal static IReadOnlyList<PreferencePair> NoPairs(int count)
    {
        var sequence = new TrainingSequence([0, 0], [false, true], 0);
        return [.. Enumerable.Repeat(new PreferencePair(sequence, sequence), count)];
    }

    private sealed record Scores(IReadOnlyList<PairScore>? Training, IReadOnlyList<PairScore>? Validation);

    private Scores Reference(AdapterKind kind, string? folder = null)
    {
        using var trainer = Start(kind, new Scores(null, null), folder);
        var scores = new PairScore[18];
        for (var step = 0; step < trainer.TotalSteps / trainer.Options.Epochs; step++)
        {
            foreach (var (pair, score) in trainer.ScoreReference(step)) scores[pair] = score;
        }
        return new Scores(scores, trainer.ScoreValidationReference());
    }

    private Trainer Start(AdapterKind kind, Scores reference, string? folder = null)
    {
        var model = folder is null ? tiny.Load() : LanguageModel.Load(folder);
        return new Trainer(model, new PreferenceTask(Pairs(model), Pairs(model)[..5], reference.Training, reference.Validation), Options(kind));
    }

    /// <summary>The right team is preferred to another one.</summary>
    private static List<PreferencePair> Pairs(LanguageModel model)
    {
        var examples = LoadedTinyModel.Examples(18);
        return [.. examples.Select((example, index) => model.Chat.EncodePair(new PreferenceExample(
            example.Line, [.. example.Messages.SkipLast(1)], example.Messages[^1], examples[(index + 1) % examples.Count].Messages[^1])))];
    }

    /// <summary>Trains in chunks, each a trainer of its own that restores the checkpoint of the one before; the hash of the last weights.</summary>
    private string WeightsAfterChunksOf(int steps, AdapterKind kind, Scores reference)
    {
        var folder = Path.Combine(tiny.Folder, Guid.NewGuid().ToString("N"));
        for (var done = false; !done;)
        {
            using var trainer = Start(kind, reference);
            if (Directory.Exists(folder)) trainer.Restore(folder);
            for (var step = 0; step < steps && trainer.Step < trainer.TotalSteps; step++) trainer.TrainStep();
            trainer.Save(folder);
            done = trainer.Step == trainer.TotalSteps;
        }
        return Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, "weights.safetensors"))));
    }
}
