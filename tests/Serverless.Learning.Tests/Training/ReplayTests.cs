using System.Security.Cryptography;
using Serverless.Learning.Adapters;
using Serverless.Learning.Data;
using Serverless.Learning.Evaluation;
using Serverless.Learning.Models;
using Serverless.Learning.Reinforcement;
using Serverless.Learning.Training;
using TorchSharp;

namespace Serverless.Learning.Tests.Training;

/// <summary>The tiny model that learns something and reads general text beside it.</summary>
public sealed class ReplayTests(LoadedTinyModel tiny) : IClassFixture<LoadedTinyModel>
{
    private const double Share = 0.3;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Loss_and_gradient_of_a_step_are_the_convex_sum_of_the_methods_and_the_texts(bool preferences)
    {
        var (alone, method) = Gradient(model => Learned(model, preferences));
        var (both, step) = Gradient(model => new ReplayTask(Learned(model, preferences), Text(model), Share));
        var (text, loss, tokens) = TextByHand();

        Assert.Equal(method.Loss, step.Loss);
        Assert.Equal(method.Accuracy, step.Accuracy);
        Assert.Equal(method.SupervisedTokens, step.SupervisedTokens);
        Assert.Equal(method.Figures.Append(new("replay_loss", step.Figures["replay_loss"])), step.Figures);
        Assert.Equal(loss, step.Figures["replay_loss"], 1e-5);
        Assert.Equal(method.Tokens + tokens, step.Tokens);
        // Sums of float32 in another order, of gradients up to about one.
        Assert.All(alone.Zip(text, both), entry => Assert.Equal((1 - Share) * entry.First + Share * entry.Second, entry.Third, 1e-6));
        Assert.Contains(text, value => Math.Abs(value) > 1e-3);
    }

    [Theory]
    [InlineData(AdapterKind.Full, 0)]
    [InlineData(AdapterKind.Lora, 0.1)]
    public void Supervised_chunks_of_one_seven_and_all_steps_end_with_the_same_bytes(AdapterKind kind, double dropout)
    {
        var options = Options(kind) with { Adapter = new AdapterOptions { Kind = kind, Rank = 4, Alpha = 8, Dropout = dropout } };
        var whole = WeightsAfterChunksOf(int.MaxValue, options, Share);
        Assert.Equal(whole, WeightsAfterChunksOf(1, options, Share));
        Assert.Equal(whole, WeightsAfterChunksOf(7, options, Share));
        Assert.NotEqual(whole, WeightsAfterChunksOf(int.MaxValue, options, 0));
    }

    [Fact]
    public void Reinforcement_that_is_interrupted_between_any_two_steps_or_batches_of_answers_ends_with_the_same_bytes()
    {
        var options = Options(AdapterKind.Full) with { Policy = new PolicyOptions { MaxAnswerTokens = 8, GroupSize = 40, UpdatesPerRollout = 2, Beta = 0.05 }, Epochs = 1 };
        var whole = WeightsAfterChunksOf(int.MaxValue, options, Share);
        Assert.Equal(whole, WeightsAfterChunksOf(1, options, Share));
        Assert.NotEqual(whole, WeightsAfterChunksOf(int.MaxValue, options, 0));
    }

    [Fact]
    public void Every_step_reads_other_rows_and_none_that_is_held_back()
    {
        using var model = tiny.Load();
        var batches = new ReplayTask(Learned(model, false), Text(model), Share).ObjectiveFor(model, Options(AdapterKind.Full)).Batches;
        var rows = Enumerable.Range(0, batches.TotalSteps).SelectMany(step => batches.BatchOf(step)).Where(micro => micro.IsReplayed).Select(micro => string.Join(' ', micro.Ids)).ToList();

        Assert.Equal(batches.TotalSteps, rows.Distinct().Count());
        var documents = Text(model).Select(ids => string.Join(' ', ids)).ToList();
        Assert.Contains(documents, document => rows.Exists(row => row.Contains(document, StringComparison.Ordinal)));
        // At least one row of 128 tokens, which are more than two documents.
        Assert.DoesNotContain(documents.TakeLast(2), document => rows.Exists(row => row.Contains(document, StringComparison.Ordinal)));
    }

    [Fact]
    public void Text_that_is_rehearsed_is_forgotten_less()
    {
        var (with, without) = (LossOnTextHeldBack(0.5), LossOnTextHeldBack(0));
        Assert.True(with < without - 0.1, $"with replay {with:F3}, without {without:F3}");
    }

    private static TrainingOptions Options(AdapterKind kind) => new()
    {
        Adapter = new AdapterOptions { Kind = kind, Rank = 4, Alpha = 8 }, Epochs = 2, BatchSize = 4, LearningRate = 3e-3, MaxSequenceLength = 128, Seed = 1, Beta = 0.1,
    };

    private static List<int[]> Text(LanguageModel model) =>
        [.. Enumerable.Range(0, 120).Select(index => model.Chat.EncodeText($"Day {index} of the journey: {index * 7 % 13} ships, {index * 5 % 11} birds and a letter for the captain."))];

    private static TrainingTask Learned(LanguageModel model, bool preferences)
    {
        if (!preferences) return new SupervisedTask(LoadedTinyModel.Sequences(model, 24), []);
        List<PreferencePair> pairs = [.. LoadedTinyModel.Sequences(model, 24).Chunk(2).Select(pair => new PreferencePair(pair[0], pair[1]))];
        return new PreferenceTask(pairs, [], [.. pairs.Select(_ => new PairScore(-3, -2.5))]);
    }

    private (float[] Gradient, StepMetrics Step) Gradient(Func<LanguageModel, TrainingTask> task)
    {
        using var model = tiny.Load();
        using var parameters = new FlatParameters(model.Decoder.Weights);
        using var optimiser = new AdamW(parameters, 0);
        var objective = task(model).ObjectiveFor(model, Options(AdapterKind.Full));
        var loop = new TrainingLoop(
            model.Decoder, parameters, optimiser, new LearningRateSchedule(1e-3, 0, 10), objective, new LoopSettings(double.PositiveInfinity, 1, false));
        var step = loop.TrainStep();
        return (parameters.Gradients.data<float>().ToArray(), step);
    }

    /// <summary>The mean cross-entropy of the first step's rows and its gradient, by torch's own operations.</summary>
    private (float[] Gradient, double Loss, int Tokens) TextByHand()
    {
        using var scope = torch.NewDisposeScope();
        using var model = tiny.Load();
        using var parameters = new FlatParameters(model.Decoder.Weights);
        var micro = new ReplayTask(Learned(model, false), Text(model), Share).ObjectiveFor(model, Options(AdapterKind.Full)).Batches.BatchOf(0).Single(one => one.IsReplayed);
        Assert.Equal((1, 128), (micro.Rows, micro.Time));
        using var layout = micro.LayoutFor(model.Decoder);
        var logits = model.Decoder.Logits(model.Decoder.Hidden(micro.Ids, layout));
        var loss = torch.nn.functional.cross_entropy(logits, torch.tensor(micro.Targets.Select(id => (long)id).ToArray()));
        loss.backward();
        return (parameters.Gradients.data<float>().ToArray(), loss.item<float>(), micro.Ids.Length);
    }

    private Trainer Start(TrainingOptions options, double share)
    {
        var model = tiny.Load();
        TrainingTask task = options.Policy is null ? Learned(model, false) : new PolicyTask(
            [.. LoadedTinyModel.Examples(12).Select(example => new PolicyPrompt(model.Chat.EncodePrompt([.. example.Messages.SkipLast(1)]), default, example.Line))],
            (_, answer) => new Reward(answer.Count(char.IsAsciiLetterLower) / (1.0 + answer.Length), new Dictionary<string, double>()));
        return new Trainer(model, share == 0 ? task : new ReplayTask(task, Text(model), share), options);
    }

    private double LossOnTextHeldBack(double share)
    {
        using var trainer = Start(Options(AdapterKind.Full) with { Epochs = 10 }, share);
        while (trainer.Step < trainer.TotalSteps) trainer.TrainStep();
        var text = new GeneralText(Text(trainer.Model), TextTask.SeparatorOf(trainer.Model), trainer.Model.MaxLength);
        return Evaluator.Score(trainer.Model, text.HeldBack, default).Loss;
    }

    private string WeightsAfterChunksOf(int units, TrainingOptions options, double share)
    {
        var folder = Path.Combine(tiny.Folder, Guid.NewGuid().ToString("N"));
        var stored = new List<RolloutBatch>();
        for (var done = false; !done;)
        {
            using var trainer = Start(options, share);
            if (Directory.Exists(folder)) trainer.Restore(folder);
            foreach (var batch in stored.Where(batch => batch.Number == trainer.Step / (options.Policy?.UpdatesPerRollout ?? 1))) trainer.AddRollouts(batch);
            for (var unit = 0; unit < units && trainer.Step < trainer.TotalSteps; unit++)
            {
                if (trainer.NextRollout is { } next)
                {
                    stored.Add(trainer.Roll(next, default));
                    trainer.AddRollouts(stored[^1]);
                }
                else
                {
                    trainer.TrainStep();
                }
            }
            trainer.Save(folder);
            done = trainer.Step == trainer.TotalSteps;
        }
        return Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, "weights.safetensors"))));
    }
}
