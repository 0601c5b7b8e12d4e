using Serverless.Learning;
using Serverless.Learning.Adapters;
using Serverless.Learning.Data;
using Serverless.Learning.Reinforcement;
using Serverless.Learning.Training;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Service.Tests.Pipeline;

public sealed class PolicyLooksTests
{
    [Theory]
    // Ten times in the run, where a step draws 64 answers and an evaluation no more.
    [InlineData(100, 5, 1, 20, 50)]
    [InlineData(100, 5, 1, 64, 50)]
    // A tenth of the answers at most.
    [InlineData(10, 1, 1, 64, 10)]
    [InlineData(10, 1, 1, 1000, 10)]
    [InlineData(10, 1, 4, 64, 40)]
    public void Left_to_the_service_evaluations_are_ten_or_fewer_and_draw_a_tenth_of_the_answers_at_most(int stepsPerEpoch, int epochs, int samples, int prompts, int interval)
    {
        var policy = Resolved(new PolicyRequest { EvaluationSamples = samples }, stepsPerEpoch, epochs, prompts);
        Assert.Equal((interval, samples), (policy.EvaluationInterval, policy.EvaluationSamples));
    }

    [Fact]
    public void What_is_asked_for_is_done_and_without_a_validation_file_nothing_is()
    {
        Assert.Equal(3, Resolved(new PolicyRequest { EvaluationInterval = 3 }, 100, 1, 20).EvaluationInterval);
        Assert.Equal(0, Resolved(new PolicyRequest(), 100, 1, 0).EvaluationInterval);
    }

    [Theory]
    [InlineData(2, null, "eval_interval")]
    [InlineData(null, 2, "eval_samples")]
    public void Evaluations_without_a_validation_file_are_refused(int? interval, int? samples, string name)
    {
        var error = Assert.Throws<InputError>(() => Resolved(new PolicyRequest { EvaluationInterval = interval, EvaluationSamples = samples }, 100, 1, 0));
        Assert.Equal(
            $"method.reinforcement.hyperparameters.{name}: found a value and no validation file; allowed: a value with a validation_file of prompts, which are answered then", error.Message);
        Assert.Equal($"method.reinforcement.hyperparameters.{name}", error.Parameter);
    }

    [Fact]
    public void The_time_of_a_job_counts_the_answers_that_are_looked_at()
    {
        var validation = new DatasetScan { Examples = 128, Tokens = 1280 };
        var policy = new PolicyOptions { MaxAnswerTokens = 100, EvaluationInterval = 4, EvaluationSamples = 2 };
        // Before steps 1, 5 and 9: 64 prompts of 10 tokens, two answers of 100 tokens to each.
        Assert.Equal(3 * (640 + 64 * 2 * 100), PolicyLooks.Tokens(policy, 10, validation));
        Assert.Equal(0, PolicyLooks.Tokens(policy with { EvaluationInterval = 0 }, 10, validation));
    }

    private static PolicyOptions Resolved(PolicyRequest asked, int stepsPerEpoch, int epochs, int prompts)
    {
        var options = new TrainingOptions
        {
            Adapter = new AdapterOptions { Kind = AdapterKind.Full }, Epochs = epochs, BatchSize = 8, LearningRate = 1e-3, MaxSequenceLength = 128, Seed = 1,
            Policy = new PolicyOptions { GroupSize = 8, MaxAnswerTokens = 8 },
        };
        return PolicyLooks.With(options, asked, stepsPerEpoch, new DatasetScan { Examples = prompts }).Policy!;
    }
}
