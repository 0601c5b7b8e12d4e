using System.Text.Json;
using Serverless.Learning;
using Serverless.Learning.Adapters;
using Serverless.Learning.Data;
using Serverless.Learning.Models;
using Serverless.Learning.Models.Positions;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Service.Tests.Pipeline;

public sealed class BestCheckpointTests
{
    private static readonly DecoderConfig Config = new()
    {
        VocabularySize = 300, Width = 32, InnerWidth = 64, Layers = 2, Heads = 4, KeyValueHeads = 2, HeadSize = 8, NormEpsilon = 1e-6, Rotary = new RotarySettings(10000, 8), MaxLength = 128, TiedHead = true,
    };

    [Theory]
    [InlineData(null, null, 30)]
    [InlineData(null, 2, 20)]
    [InlineData(PublishedCheckpoint.Last, 2, 30)]
    [InlineData(PublishedCheckpoint.Best, null, 20)]
    public void The_checkpoint_that_is_asked_for_becomes_the_model(PublishedCheckpoint? publish, int? patience, int step)
    {
        var plan = JobPlanner.PlanOf(Job(MethodType.Supervised, publish, patience), Config, Cursor(validation: 5));
        var head = new JobHead { Checkpoints = [Checkpoint(10, 2), Checkpoint(20, 1), Checkpoint(25, null), Checkpoint(30, 1.5)] };
        Assert.Equal(step, BestCheckpoint.Of(head, plan).Step);
        Assert.Equal(
            publish == PublishedCheckpoint.Best ? "The model is that of step 20, whose validation loss, 1, is the lowest" : null, BestCheckpoint.Told(head, plan));
    }

    [Fact]
    public void Of_policies_the_one_whose_validation_reward_is_highest_is_the_best()
    {
        var plan = JobPlanner.PlanOf(Job(MethodType.Reinforcement, PublishedCheckpoint.Best, policy: new PolicyRequest { EvaluationInterval = 4 }), Config, Cursor(validation: 5));
        var head = new JobHead { Checkpoints = [Reward(4, 0.25), Reward(8, 0.75), Reward(10, null), Reward(12, 0.5)] };
        Assert.Equal(8, BestCheckpoint.Of(head, plan).Step);
        Assert.Equal([4, 8], Enumerable.Range(1, 10).Where(step => BestCheckpoint.IsLookedAt(plan, step)));
        Assert.Equal([4, 1, 4], new[] { 0, 3, 4 }.Select(step => BestCheckpoint.StepsToLook(plan, step)));
        Assert.Equal("The model is that of step 8, whose validation reward, 0.75, is the highest", BestCheckpoint.Told(head, plan));
    }

    [Fact]
    public void The_best_is_refused_where_nothing_would_tell_it()
    {
        const string Path = "hyperparameters.publish: found best and";
        Assert.Equal(
            $"method.supervised.{Path} no validation file; allowed: best with a validation_file, whose loss tells which it is, or last", Refusal(Job(MethodType.Supervised, PublishedCheckpoint.Best) with { ValidationFile = null }, 0));
        Assert.Equal(
            $"method.distillation.{Path} a validation file without answers; allowed: best with one whose answers have a loss, or last",
            Refusal(Job(MethodType.Distillation, PublishedCheckpoint.Best) with { Method = new JobMethod { Type = MethodType.Distillation, Hyperparameters = new Hyperparameters { Publish = PublishedCheckpoint.Best } } }, 5, 0));
        Assert.Equal(
            $"method.reinforcement.{Path} no validation file; allowed: best with a validation_file of prompts, whose rewards tell which it is, or last",
            Refusal(Job(MethodType.Reinforcement, PublishedCheckpoint.Best) with { ValidationFile = null }, 0));
        Assert.Matches(
            @"^method\.reinforcement\.hyperparameters\.publish: found best and an eval_interval of 1000 with [0-9]+ steps; allowed: best with an eval_interval below the steps",
            Refusal(Job(MethodType.Reinforcement, PublishedCheckpoint.Best, policy: new PolicyRequest { EvaluationInterval = 1000 }), 5));
        Assert.Null(Refusal(Job(MethodType.Supervised, PublishedCheckpoint.Last) with { ValidationFile = null }, 0));
    }

    [Fact]
    public void A_plan_that_was_written_before_publishes_as_it_did()
    {
        var plan = JobPlanner.PlanOf(Job(MethodType.Supervised, null, patience: 2), Config, Cursor(validation: 5));
        var json = JsonSerializer.Serialize(plan, PipelineJson.Options).Replace("\"published\":null,", "", StringComparison.Ordinal);
        Assert.DoesNotContain("published", json, StringComparison.Ordinal);
        Assert.True(JsonSerializer.Deserialize<JobPlan>(json, PipelineJson.Options)!.TakesBest);
    }

    private static string? Refusal(JobRecord job, int validation, long? supervised = null) =>
        (Record.Exception(() => JobPlanner.Of(job, Config, Cursor(validation, supervised))) as InputError)?.Message;

    private static PrepareCursor Cursor(int validation, long? supervised = null) => new()
    {
        Training = Scan(40), Validation = validation == 0 ? DatasetScan.Start : Scan(validation) with { SupervisedTokens = supervised ?? 5 },
    };

    private static DatasetScan Scan(int examples) => new() { Examples = examples, Sequences = examples, Tokens = examples * 10, SupervisedTokens = examples, LongestTokens = 10, Finished = true };

    private static CommittedCheckpoint Checkpoint(int step, double? loss) => new(step, $"m{step}", default, new CheckpointMetrics { ValidLoss = loss });

    private static CommittedCheckpoint Reward(int step, double? reward) => new(step, $"m{step}", default, new CheckpointMetrics { ValidReward = reward });

    private static JobRecord Job(MethodType method, PublishedCheckpoint? publish, int? patience = null, PolicyRequest? policy = null) =>
        TinyJob.Record(TimeProvider.System, JobStatus.ValidatingFiles) with
        {
            ValidationFile = new FileId("file-y"), Adapter = new AdapterRequest { Type = AdapterKind.Lora, Rank = 4 },
            Method = new JobMethod { Type = method, Policy = policy, Hyperparameters = new Hyperparameters { Epochs = 1, BatchSize = 4, Publish = publish, EarlyStoppingPatience = patience } },
        };
}
