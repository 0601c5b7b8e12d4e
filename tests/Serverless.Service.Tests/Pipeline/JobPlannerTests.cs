using Serverless.Learning;
using Serverless.Learning.Adapters;
using Serverless.Learning.Data;
using Serverless.Learning.Models;
using Serverless.Learning.Models.Positions;
using Serverless.Learning.Training;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Service.Tests.Pipeline;

public sealed class JobPlannerTests
{
    private static readonly DecoderConfig Config = new()
    {
        VocabularySize = 300, Width = 32, InnerWidth = 64, Layers = 2, Heads = 4, KeyValueHeads = 2, HeadSize = 8, NormEpsilon = 1e-6, Rotary = new RotarySettings(10000, 8), MaxLength = 128, TiedHead = true,
    };

    [Fact]
    public void A_job_of_more_steps_than_anyone_could_wait_for_is_refused()
    {
        // As many examples as an upload of 8 GB can hold; the product is beyond 32 bits.
        var error = Assert.Throws<InputError>(() => PlanOf(examples: 100_000_000, epochs: 50));
        Assert.Equal(
            "method: found 5000000000 steps, 100000000 in each of 50 epochs; allowed: at most 1000000; take larger batches, fewer epochs or less data", error.Message);
        Assert.Equal(1_000_000, PlanOf(examples: 500_000, epochs: 2).TotalSteps);
    }

    [Fact]
    public void Layers_that_are_computed_again_take_longer_and_less_memory()
    {
        var (kept, again) = (PlanOf(examples: 1000, epochs: 1), PlanOf(examples: 1000, epochs: 1, recomputes: true));
        Assert.True(again.Options.GradientCheckpointing);
        Assert.Equal(4.0 / 3, again.EstimatedTime / kept.EstimatedTime, 1e-4);
        // Of one of the two layers the width is kept, where all was: 16 widths and 4 inner widths.
        Assert.Equal(4 * 4096 * (16 * 32 + 4 * 64 - 2 * 32), kept.EstimatedBytes - again.EstimatedBytes);
    }

    [Fact]
    public void A_patience_that_would_have_no_validation_loss_to_wait_for_is_refused()
    {
        const string Path = "hyperparameters.early_stopping_patience: found 3";
        Assert.Equal($"method.dpo.{Path} and no validation file; allowed: a value with a validation_file, whose loss it waits for", Refusal(MethodType.Dpo, null, 0));
        Assert.Equal(
            $"method.reinforcement.{Path}; allowed: none with method reinforcement, which has no validation loss; eval_interval shows how its policy does", Refusal(MethodType.Reinforcement, new FileId("file-y"), 9));
        Assert.Equal(
            $"method.distillation.{Path} and a validation file without answers; allowed: a value with one whose answers have a loss", Refusal(MethodType.Distillation, new FileId("file-y"), 0));
        Assert.Null(Refusal(MethodType.Pretraining, new FileId("file-y"), 9));

        static string? Refusal(MethodType method, FileId? validation, long supervised) => (Record.Exception(() => EarlyStop.Check(
            TinyJob.Record(TimeProvider.System, JobStatus.ValidatingFiles) with
            {
                ValidationFile = validation, Method = new JobMethod { Type = method, Hyperparameters = new Hyperparameters { EarlyStoppingPatience = 3 } },
            },
            new DatasetScan { SupervisedTokens = supervised })) as InputError)?.Message;
    }

    [Fact]
    public void A_base_in_four_bits_is_counted_as_it_stands_in_memory()
    {
        var lora = new TrainingOptions { Adapter = new AdapterOptions { Kind = AdapterKind.Lora, Rank = 4 }, Epochs = 1, BatchSize = 1, LearningRate = 1e-3, MaxSequenceLength = 128, Seed = 1 };
        var qlora = lora with { Adapter = lora.Adapter with { Kind = AdapterKind.Qlora } };
        // Of both layers: queries and output 32 x 32, keys and values 16 x 32, and three matrices 64 x 32 of the feed-forward block.
        const long InsideBlocks = 2 * (2 * 1024 + 2 * 512 + 3 * 2048), Embedding = 300 * 32;
        // From four bytes each to a code of half a byte with a scale of one byte for 64 of them, and to bfloat16; the norms stay.
        const long Saved = InsideBlocks * 4 - InsideBlocks * 33 / 64 + Embedding * 2;
        Assert.Equal(Saved, new TrainingEstimate(Config, lora).Bytes - new TrainingEstimate(Config, qlora).Bytes);
    }

    private static JobPlan PlanOf(int examples, int epochs, bool recomputes = false) => JobPlanner.PlanOf(
        new JobRecord
        {
            Id = JobId.New(TimeProvider.System), Model = new ModelId("tiny"), BaseModel = new ModelId("tiny"), TrainingFile = new FileId("file-x"), Seed = 1, CreatedAt = default,
            Method = new JobMethod { Hyperparameters = new Hyperparameters { Epochs = epochs, BatchSize = 1, GradientCheckpointing = recomputes } },
        },
        Config,
        new PrepareCursor { Training = new DatasetScan { Examples = examples, Sequences = examples, Tokens = 10L * examples, LongestTokens = 20 } });
}
