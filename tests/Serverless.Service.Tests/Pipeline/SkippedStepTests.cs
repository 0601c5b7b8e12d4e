using System.Text;
using Serverless.Learning.Training;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Service.Tests.Pipeline;

/// <summary>What is written of steps that were skipped.</summary>
public sealed class SkippedStepTests
{
    private static readonly JobMetrics Good = new()
    {
        Step = 1, CreatedAt = default, TrainLoss = 2.5, TrainAccuracy = 0.5, LearningRate = 1e-3, GradientNorm = 1, Tokens = 10, Seconds = 1, Figures = new Dictionary<string, double> { ["reward"] = 0.25 },
    };

    private static readonly JobMetrics Skipped = Good with { Step = 2, TrainLoss = null, TrainAccuracy = null, GradientNorm = null, Skipped = true };

    [Fact]
    public void Its_event_has_no_loss_and_says_that_it_was_skipped()
    {
        var told = StepEvents.Metrics(new TrainedStep(new StepMetrics(2, null, null, 1e-3, null, 10, 5, TimeSpan.FromSeconds(1), Skipped: true), default), 9);
        Assert.Equal("Step 2/9: skipped", told.Message);
        Assert.False(told.Data!.Value.TryGetProperty("train_loss", out _));
        Assert.Equal(1, told.Data.Value.GetProperty("skipped").GetInt32());
        var good = StepEvents.Metrics(new TrainedStep(new StepMetrics(1, 2.5, 0.5, 1e-3, 1, 10, 5, TimeSpan.FromSeconds(1)), default), 9);
        Assert.Equal("Step 1/9: training loss=2.50", good.Message);
        Assert.False(good.Data!.Value.TryGetProperty("skipped", out _));
    }

    [Fact]
    public void The_result_file_leaves_its_loss_empty_and_marks_it()
    {
        Assert.Equal(
            "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy,reward,skipped\n1,2.5,0.5,,,0.25,\n2,,,,,0.25,1\n", Encoding.UTF8.GetString(StepMetricsCsv.Write([Good, Skipped])));
        Assert.DoesNotContain("skipped", Encoding.UTF8.GetString(StepMetricsCsv.Write([Good])), StringComparison.Ordinal);
    }

    [Fact]
    public void A_stage_of_a_recipe_leaves_it_out_of_its_means_and_counts_it()
    {
        var figures = StageFigures.Of([Good, Skipped, Good with { Step = 3, TrainLoss = 1.5 }]);
        Assert.Equal((2.0, 0.5, 1.0), (figures["train_loss"], figures["train_mean_token_accuracy"], figures["skipped_steps"]));
        Assert.False(StageFigures.Of([Good]).ContainsKey("skipped_steps"));
        Assert.False(StageFigures.Of([Skipped]).ContainsKey("train_loss"));
    }
}
