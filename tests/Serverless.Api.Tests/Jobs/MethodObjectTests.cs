using System.Text.Json;
using Serverless.Api.Wire;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;

namespace Serverless.Api.Tests.Jobs;

public sealed class MethodObjectTests
{
    [Fact]
    public void A_distillation_is_written_as_it_was_asked_for()
    {
        var job = JobOf(new JobMethod
        {
            Type = MethodType.Distillation,
            Hyperparameters = new Hyperparameters { Epochs = 2, GradientCheckpointing = true },
            Distillation = new DistillationRequest { Teacher = "r1", Samples = 4, Temperature = 0.6, PassThreshold = 0.5 },
            Grader = JsonSerializer.SerializeToElement(new { type = "format", name = "thinks" }),
        });
        Assert.Equal(
            """{"type":"distillation","distillation":{"hyperparameters":{"n_epochs":2,"batch_size":"auto","learning_rate_multiplier":"auto","gradient_checkpointing":true}"""
            + ""","grader":{"type":"format","name":"thinks"},"teacher":"r1","n":4,"temperature":0.6,"pass_threshold":0.5}}""",
            MethodObject.Of(job).ToJsonString());
    }

    [Fact]
    public void What_is_cut_off_is_written_where_it_was_asked_for()
    {
        var method = new JobMethod { Type = MethodType.Pretraining, Hyperparameters = new Hyperparameters { TruncatesEnd = true } };
        Assert.Equal(
            """{"type":"pretraining","pretraining":{"hyperparameters":{"n_epochs":"auto","batch_size":"auto","learning_rate_multiplier":"auto","truncate":"end"}}}""",
            MethodObject.Of(JobOf(method)).ToJsonString());
    }

    [Fact]
    public void A_policy_shows_when_its_reference_is_reset_and_what_was_sent_of_effort()
    {
        var method = new JobMethod { Type = MethodType.Reinforcement, Policy = new PolicyRequest { ReasoningEffort = "low", Beta = 0.001, ReferenceResetSteps = 400 } };
        Assert.Equal(
            """{"type":"reinforcement","reinforcement":{"hyperparameters":{"n_epochs":"auto","batch_size":"auto","learning_rate_multiplier":"auto","reasoning_effort":"low","beta":0.001,"reference_reset_steps":400}}}""",
            MethodObject.Of(JobOf(method)).ToJsonString());
    }

    private static JobRecord JobOf(JobMethod method) => new()
    {
        Id = JobId.New(TimeProvider.System),
        Model = new ModelId("tiny"),
        BaseModel = new ModelId("tiny"),
        TrainingFile = FileId.New(TimeProvider.System),
        Seed = 1,
        CreatedAt = DateTimeOffset.UnixEpoch,
        Method = method,
    };
}
