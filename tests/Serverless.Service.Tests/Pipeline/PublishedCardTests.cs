using Serverless.Learning.Adapters;
using Serverless.Learning.Data;
using Serverless.Learning.Evaluation;
using Serverless.Learning.Models;
using Serverless.Learning.Models.Positions;
using Serverless.Learning.Reinforcement;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Service.Tests.Pipeline;

public sealed class PublishedCardTests
{
    private static readonly DecoderConfig Config = new()
    {
        VocabularySize = 300, Width = 32, InnerWidth = 64, Layers = 2, Heads = 4, KeyValueHeads = 2, HeadSize = 8, NormEpsilon = 1e-6, Rotary = new RotarySettings(10000, 8), MaxLength = 128, TiedHead = true,
    };

    private static readonly JobRecord Job = TinyJob.Record(TimeProvider.System, JobStatus.Running) with { Adapter = new AdapterRequest { Type = AdapterKind.Lora, Rank = 4 } };

    [Theory]
    [InlineData(LossType.Grpo, "grpo")]
    [InlineData(LossType.Dapo, "dapo")]
    [InlineData(LossType.DrGrpo, "dr_grpo")]
    public void A_loss_is_called_as_a_request_calls_it(LossType loss, string name)
    {
        var job = Job with { Method = new JobMethod { Type = MethodType.Reinforcement, Policy = new PolicyRequest { LossType = loss } } };
        Assert.Contains(("loss_type", name), PublishedCard.HyperParameters(job, Plan(job)));
    }

    [Fact]
    public void Preferences_are_shown_with_their_intervals_and_what_graders_could_not_grade_is_said()
    {
        var blank = new GraderScores("polite", [0, 0], 2, "no end");
        var evaluation = new JobEvaluation
        {
            Examples = 2, RewardAccuracy = 0.75, RewardMargin = 0.1, RewardAccuracyInterval = new MeanInterval(0.75, 0.5, 1),
            Base = new ModelEvaluation { Graders = [blank] }, Tuned = new ModelEvaluation { Graders = [blank] },
        }.Compared(1);
        var facts = PublishedCard.Facts(new ModelId("ft:tiny"), Job, Plan(Job), [], [], evaluation);
        Assert.Equal((0.5, 1.0), facts.Evaluation.Single(score => score.Measure == "validation reward accuracy").TunedInterval);
        Assert.Null(facts.Evaluation.Single(score => score.Measure == "validation reward margin").TunedInterval);
        Assert.StartsWith("The grader 'polite' could not grade 2 of 2 answers of the base", Assert.Single(facts.EvaluationNotes), StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_model_is_written_in_and_which_checkpoint_it_is_stand_there_where_they_were_asked_for()
    {
        var job = Job with { MergeDtype = MergeDtype.F32, ValidationFile = new("file-y"), Method = new JobMethod { Hyperparameters = new Hyperparameters { Publish = PublishedCheckpoint.Best } } };
        var parameters = PublishedCard.HyperParameters(job, Plan(job)).ToList();
        Assert.Contains(("merge_dtype", "f32"), parameters);
        Assert.Contains(("publish", "best"), parameters);
        Assert.DoesNotContain(PublishedCard.HyperParameters(Job, Plan(Job)), entry => entry.Name is "merge_dtype" or "publish");
    }

    private static JobPlan Plan(JobRecord job)
    {
        var scan = new DatasetScan { Examples = 40, Sequences = 40, Tokens = 400, SupervisedTokens = 40, LongestTokens = 10, Finished = true };
        return JobPlanner.Of(job, Config, new PrepareCursor { Training = scan, Validation = job.ValidationFile is null ? DatasetScan.Start : scan });
    }
}
