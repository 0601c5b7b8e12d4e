using Serverless.Learning.Reinforcement;

namespace Serverless.Learning.Tests.Reinforcement;

public sealed class RolloutSetTests
{
    private static readonly PolicyOptions Options = new() { GroupSize = 32, MaxAnswerTokens = 4, Resamples = 2 };

    [Fact]
    public void Prompts_are_rolled_out_in_fixed_batches_whatever_the_answers()
    {
        var set = new RolloutSet(5, [7, 3, 9, 1, 4], Options with { Resamples = 0 });
        var asked = new List<RolloutRequest>();
        while (set.Next() is { } next)
        {
            asked.Add(next);
            set.Add(Batch(next, _ => 0));
        }
        Assert.Equal([(5, 0, "7 3"), (5, 1, "9 1"), (5, 2, "4")], asked.Select(request => (request.Number, request.Micro, string.Join(' ', request.Prompts))));
    }

    [Fact]
    public void Groups_without_variance_are_sampled_again_and_the_last_round_counts()
    {
        var set = new RolloutSet(0, [0, 1, 2], Options);
        var rounds = new List<string>();
        while (set.Next() is { } next)
        {
            rounds.Add($"{next.Round}: {string.Join(' ', next.Prompts)}");
            // Prompt 1 varies at once, prompt 0 in the second round, prompt 2 never.
            set.Add(Batch(next, prompt => prompt == 1 || (prompt == 0 && next.Round == 1) ? double.NaN : 0.5));
        }
        Assert.Equal(["0: 0 1", "0: 2", "1: 0 2", "2: 2"], rounds);
        Assert.Equal([true, true, false], set.Groups().Select(group => Advantages.Vary(group)));
        Assert.Equal([false, true, false], set.FirstGroups().Select(group => Advantages.Vary(group)));
        Assert.All(set.Groups(), group => Assert.Equal(32, group.Count));
    }

    [Fact]
    public void A_batch_that_is_not_next_is_refused()
    {
        var set = new RolloutSet(0, [0, 1, 2], Options);
        var first = Batch(set.Next()!, _ => 0);
        set.Add(first);
        Assert.Throws<ArgumentException>(() => set.Add(first));
    }

    [Fact]
    public void A_group_larger_than_a_batch_is_one_batch()
    {
        var set = new RolloutSet(0, [0, 1], Options with { GroupSize = 100 });
        Assert.Equal([0], set.Next()!.Prompts);
    }

    /// <summary>A group of this reward for each prompt, or of two rewards where it is not a number.</summary>
    private static RolloutBatch Batch(RolloutRequest request, Func<int, double> reward) => new(
        request.Number, request.Micro, request.Round,
        [.. request.Prompts.SelectMany(prompt => Enumerable.Range(0, 32).Select(choice =>
            AdvantagesTests.Answer(prompt, 3, double.IsNaN(reward(prompt)) ? choice % 2 : reward(prompt))))]);
}
