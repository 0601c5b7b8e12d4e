using System.Text.Json;
using Serverless.Learning.Adapters;
using Serverless.Learning.Reinforcement;
using Serverless.Learning.Tests.Training;
using Serverless.Learning.Training;

namespace Serverless.Learning.Tests.Reinforcement;

public sealed class PolicyLossTests
{
    private static readonly PolicyOptions Options = new() { MaxAnswerTokens = 6, GroupSize = 3, Temperature = 0.8 };

    [Theory]
    // The ratio may gain up to 1.2 with a good answer and lose down to 0.8 with a bad one; against the advantage it counts in full.
    [InlineData(1.5, 2, -2.4, 0, true)]
    [InlineData(0.5, 2, -1.0, -1.0, false)]
    [InlineData(1.1, 2, -2.2, -2.2, false)]
    [InlineData(0.5, -2, 1.6, 0, true)]
    [InlineData(1.5, -2, 3.0, 3.0, false)]
    [InlineData(1.5, 0, 0, 0, false)]
    public void A_hand_worked_token_has_its_loss_and_slope(double ratio, double advantage, double loss, double slope, bool clipped)
    {
        var found = PolicyLoss.Of(-1, -1 - Math.Log(ratio), null, advantage, Options);
        Assert.Equal(loss, found.Value, 12);
        Assert.Equal(slope, found.Slope, 12);
        Assert.Equal(clipped, found.Clipped);
    }

    [Fact]
    public void The_first_update_has_ratio_one_and_divergence_zero()
    {
        var found = PolicyLoss.Of(-1.25, -1.25, -1.25, 0.7, Options with { Beta = 0.5 });
        Assert.Equal((-0.7, -0.7, 0.0, false), (found.Value, found.Slope, found.Divergence, found.Clipped));
    }

    [Fact]
    public void The_divergence_is_the_unbiased_estimate_of_the_paper()
    {
        // ref/pi = 2: 2 - ln 2 - 1; its slope by log pi is 1 - 2.
        var found = PolicyLoss.Of(-1, -1, -1 + Math.Log(2), 0, Options with { Beta = 0.5 });
        Assert.Equal(0.3068528194, found.Divergence, 9);
        Assert.Equal(0.5 * 0.3068528194, found.Value, 9);
        Assert.Equal(-0.5, found.Slope, 12);
    }

    [Theory]
    [InlineData("policy grpo", LossType.Grpo, 0.0, 0.2, false, 1.0)]
    [InlineData("policy grpo beta", LossType.Grpo, 0.04, 0.2, false, 1.0)]
    [InlineData("policy dapo", LossType.Dapo, 0.0, 0.28, false, 1.0)]
    [InlineData("policy dapo filtered", LossType.Dapo, 0.0, 0.28, true, 1.0)]
    [InlineData("policy dr_grpo", LossType.DrGrpo, 0.1, 0.2, false, 1.0)]
    [InlineData("policy grpo negative", LossType.Grpo, 0.0, 0.2, false, 0.3)]
    [InlineData("policy grpo positive", LossType.Grpo, 0.04, 0.2, false, 0.0)]
    public void Loss_and_gradients_are_those_of_plain_PyTorch(string name, LossType type, double beta, double epsilonHigh, bool filtered, double negativeWeight)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Training", "objectives-golden.json")));
        var expected = document.RootElement.GetProperty(name);
        var options = Options with { LossType = type, Beta = beta, EpsilonHigh = epsilonHigh, FilterOverlong = filtered, NegativeWeight = negativeWeight };
        var objective = new PolicyObjective(
            new PolicyTask([.. Enumerable.Range(1, 2).Select(line => new PolicyPrompt([0], default, line))], (_, _) => throw new NotSupportedException()),
            new TrainingOptions
            {
                Adapter = new AdapterOptions { Kind = AdapterKind.Full }, Epochs = 1, BatchSize = 2, LearningRate = 1, MaxSequenceLength = 32, Seed = 1, Policy = options,
            });
        // The golden case knows groups, not prompts: the first group is the prompt that the seed puts first.
        var prompts = objective.Next(0)!.Prompts;
        objective.Add(0, new RolloutBatch(0, 0, 0, Answers(prompts, expected)));
        objective.BatchOf(0);

        using var golden = new ObjectiveGolden();
        var report = golden.Check(objective, name);
        Assert.Equal(expected.GetProperty("clip_share").GetDouble(), report.Figures["clip_share"], 12);
        Assert.InRange(report.Figures["clip_share"], 0.05, 0.95);
        if (beta > 0) Assert.Equal(expected.GetProperty("kl").GetDouble(), report.Figures["kl"], 6);
    }

    private static List<Rollout> Answers(IReadOnlyList<int> prompts, JsonElement expected)
    {
        double[] rewards = [1, 0, 0.5, 0.25, 0.25, 1];
        var answers = new List<Rollout>();
        var start = 0;
        foreach (var (answer, length) in ObjectiveGolden.Lengths.Index())
        {
            answers.Add(new Rollout
            {
                Prompt = prompts[answer / 3], Line = 1, Choice = answer % 3, Text = "", Ids = new int[length], CutOff = answer == 2, Reward = rewards[answer],
                Rewards = new Dictionary<string, double>(), SampledLogProbabilities = Part("old"), LogProbabilities = Part("old"), ReferenceLogProbabilities = Part("reference"),
            });
            start += length;

            float[] Part(string name) => [.. expected.GetProperty(name).EnumerateArray().Skip(start).Take(length).Select(value => value.GetSingle())];
        }
        return answers;
    }
}
