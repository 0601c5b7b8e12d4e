using System.Security.Cryptography;
using Serverless.Learning.Adapters;
using Serverless.Learning.Models;
using Serverless.Learning.Training;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Training;

/// <summary>Steps whose gradient is not finite.</summary>
public sealed class SkippedStepTests(LoadedTinyModel tiny) : IClassFixture<LoadedTinyModel>
{
    [Fact]
    public void A_step_without_a_finite_gradient_leaves_the_weights_says_so_and_has_no_figures_of_its_own()
    {
        using var trainer = Start(faulty: [1]);
        var good = trainer.TrainStep();
        var before = WeightsOf(trainer);
        var skipped = trainer.TrainStep();
        Assert.Equal((true, 2, (double?)null, (double?)null, (double?)null), (skipped.Skipped, skipped.Step, skipped.Loss, skipped.Accuracy, skipped.GradientNorm));
        Assert.True(skipped.Tokens > 0);
        Assert.Equal(before, WeightsOf(trainer));
        var next = trainer.TrainStep();
        Assert.Equal((false, false), (good.Skipped, next.Skipped));
        Assert.True(next.Loss > 0);
        Assert.NotEqual(before, WeightsOf(trainer));
    }

    [Fact]
    public void Two_in_a_row_are_skipped_and_a_third_ends_the_run_where_it_can_be_saved_as_often_as_it_is_tried()
    {
        using var trainer = Start(faulty: [1, 2, 4, 5, 6]);
        for (var step = 0; step < 6; step++) trainer.TrainStep();
        var good = WeightsOf(trainer);
        for (var attempt = 0; attempt < 2; attempt++)
        {
            var end = Assert.Throws<DivergenceException>(() => trainer.TrainStep());
            Assert.Equal((7, 3, 6), (end.Step, end.Skipped, trainer.Step));
            Assert.Equal("step 7: the gradient was not finite for 3 steps in a row; lower the learning rate or look at the data of these steps", end.Message);
        }
        Assert.Equal(good, WeightsOf(trainer));
    }

    [Fact]
    public void How_many_were_skipped_in_a_row_goes_on_in_another_process()
    {
        var folder = Path.Combine(tiny.Folder, Guid.NewGuid().ToString("N"));
        for (var chunk = 0; chunk < 3; chunk++)
        {
            using var trainer = Start(faulty: [1, 2, 3]);
            if (chunk > 0) trainer.Restore(folder);
            trainer.TrainStep();
            trainer.Save(folder);
        }
        using var last = Start(faulty: [1, 2, 3]);
        last.Restore(folder);
        Assert.Equal(4, Assert.Throws<DivergenceException>(() => last.TrainStep()).Step);
    }

    private Trainer Start(int[] faulty)
    {
        var model = tiny.Load();
        var options = new TrainingOptions
        {
            Adapter = new AdapterOptions { Kind = AdapterKind.Full }, Epochs = 3, BatchSize = 4, LearningRate = 1e-3, MaxSequenceLength = 128, Seed = 1,
        };
        return new Trainer(model, new FaultyTask(new SupervisedTask(LoadedTinyModel.Sequences(model, 18), []), faulty), options);
    }

    private string WeightsOf(Trainer trainer)
    {
        var folder = Path.Combine(tiny.Folder, Guid.NewGuid().ToString("N"));
        trainer.Save(folder);
        return Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, "weights.safetensors"))));
    }

    /// <summary>Another task, whose loss is no number at some steps, counted from 0.</summary>
    private sealed record FaultyTask(TrainingTask Task, int[] Steps) : TrainingTask
    {
        internal override IObjective ObjectiveFor(LanguageModel model, TrainingOptions options) => new FaultyObjective(Task.ObjectiveFor(model, options), Steps);
    }

    private sealed class FaultyObjective(IObjective objective, int[] steps) : IObjective, IBatchSource
    {
        private int present;

        public IBatchSource Batches => this;

        public int TotalSteps => objective.Batches.TotalSteps;

        public double StepsPerEpoch => objective.Batches.StepsPerEpoch;

        public IReadOnlyList<MicroBatch> BatchOf(int step)
        {
            present = step;
            return objective.Batches.BatchOf(step);
        }

        public Tensor ShareOf(Decoder decoder, Tensor hidden, MicroBatch micro, StepReport report)
        {
            var share = objective.ShareOf(decoder, hidden, micro, report);
            return steps.Contains(present) ? share.mul(double.NaN) : share;
        }

        public ValidationScores? Validate(LanguageModel model, CancellationToken cancellation) => objective.Validate(model, cancellation);
    }
}
