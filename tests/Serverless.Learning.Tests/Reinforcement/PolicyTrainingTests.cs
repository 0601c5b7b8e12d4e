using System.Security.Cryptography;
using System.Text.Json;
using Serverless.Learning.Adapters;
using Serverless.Learning.Models;
using Serverless.Learning.Reinforcement;
using Serverless.Learning.Sampling.Grammars;
using Serverless.Learning.Training;
using Serverless.Tests;

namespace Serverless.Learning.Tests.Reinforcement;

/// <summary>A tiny model of random weights that is rewarded for a letter in its answers.</summary>
public sealed class PolicyTrainingTests(LoadedTinyModel tiny) : IClassFixture<LoadedTinyModel>
{
    private readonly string wideHeaded = TinyModel.Write(Path.Combine(tiny.Folder, Guid.NewGuid().ToString("N")), headSize: 16);

    [Theory]
    [InlineData(AdapterKind.Full, LossType.Grpo, 1, 0, ComputePrecision.Float32)]
    [InlineData(AdapterKind.Full, LossType.Grpo, 1, 2, ComputePrecision.Float32)]
    [InlineData(AdapterKind.Lora, LossType.Dapo, 2, 0, ComputePrecision.BFloat16)]
    [InlineData(AdapterKind.Lora, LossType.Dapo, 2, 3, ComputePrecision.BFloat16)]
    public void Interruptions_between_any_two_steps_or_batches_of_answers_change_no_byte(AdapterKind kind, LossType type, int updates, int reset, ComputePrecision precision)
    {
        var options = Options(kind) with
        {
            Precision = precision,
            Policy = Policy with
            {
                LossType = type, UpdatesPerRollout = updates, Beta = 0.05, ReferenceResetSteps = reset, GroupSize = 40, Resamples = type == LossType.Dapo ? 1 : 0, EvaluationInterval = 1, EvaluationSamples = 16,
            },
            Epochs = 1,
        };
        var (whole, rollouts) = WeightsAfterChunksOf(int.MaxValue, options);
        var (broken, again) = WeightsAfterChunksOf(1, options);
        Assert.Equal(whole, broken);
        Assert.Equal(rollouts, again);
        Assert.True(rollouts.Count > 6, "every rollout was one batch: nothing was interrupted in the middle of one");
        Assert.True(rollouts.Count(json => JsonSerializer.Deserialize<RolloutBatch>(json)!.Evaluates) > 3, "every evaluation was one batch");
    }

    [Fact]
    public void Validation_prompts_are_answered_every_so_many_steps_and_change_nothing_else()
    {
        var options = Options(AdapterKind.Full) with { Epochs = 1 };
        using var looking = Start(options with { Policy = Policy with { EvaluationInterval = 2, EvaluationSamples = 3 } });
        using var blind = Start(options);
        var looked = Enumerable.Range(0, 3).Select(_ => Step(looking)).ToList();
        Assert.Equal([true, false, true], looked.Select(step => step.Figures.ContainsKey("valid_reward")));
        Assert.Equal(
            ["valid_reward", "valid_reward_letter", "valid_answer_tokens", "valid_answers_cut_off", "valid_answers_not_graded"],
            looked[0].Figures.Keys.Where(name => name.StartsWith("valid_", StringComparison.Ordinal)));
        Assert.Equal(Enumerable.Range(0, 3).Select(_ => Step(blind).Loss).ToList(), looked.Select(step => step.Loss));
        Assert.NotEqual(looked[0].Figures["valid_reward"], looked[2].Figures["valid_reward"]);
    }

    [Fact]
    public void A_model_that_does_not_move_answers_validation_prompts_with_the_same_draws()
    {
        var options = Options(AdapterKind.Full) with { WeightDecay = 0, Epochs = 1, Policy = Policy with { EvaluationInterval = 1 } };
        using var trainer = Start(options, (prompt, answer) => Letter(prompt, answer) with { Value = 1 });
        var letters = Enumerable.Range(0, 3).Select(_ => Step(trainer).Figures["valid_reward_letter"]).ToList();
        Assert.Single(letters.Distinct());
    }

    [Fact]
    public void An_evaluation_goes_batch_by_batch_and_takes_no_other_than_the_next()
    {
        var set = new EvaluationSet(4, 5, Policy with { EvaluationSamples = 30 });
        var asked = new List<string>();
        while (set.Next() is { } next)
        {
            asked.Add($"{next.Number}.{next.Micro}: {string.Join(' ', next.Prompts)}");
            var batch = new RolloutBatch(next.Number, next.Micro, 0, [.. next.Prompts.Select(prompt => AdvantagesTests.Answer(prompt, 3, 1))]) { Evaluates = true };
            set.Add(batch);
            Assert.Equal($"batch {next.Micro} of the evaluation before step 5 does not come next (Parameter 'batch')", Assert.Throws<ArgumentException>(() => set.Add(batch)).Message);
        }
        Assert.Equal(["4.0: 0 1", "4.1: 2 3", "4.2: 4"], asked);
        Assert.Equal(5, set.Answers.Count);
    }

    [Fact]
    public void Answers_are_held_to_a_grammar_and_learned_from_as_the_policy_itself_sees_them()
    {
        const string Schema = """{"type": "object", "properties": {"team": {"enum": ["billing", "shipping"]}}, "required": ["team"], "additionalProperties": false}""";
        var grammar = Grammar.FromSchema(JsonDocument.Parse(Schema).RootElement, strict: true, "response_format 'team'", "response_format");
        using var trainer = Start(
            Options(AdapterKind.Full) with { Policy = Policy with { MaxAnswerTokens = 40, EvaluationInterval = 1 } },
            (_, answer) => new Reward(answer.Contains("billing", StringComparison.Ordinal) ? 1 : 0, new Dictionary<string, double>()), task => task with { Grammar = grammar });
        var texts = new List<string>();
        while (trainer.NextRollout is { } next)
        {
            var batch = trainer.Roll(next, default);
            texts.AddRange(batch.Rollouts.Select(answer => answer.Text));
            trainer.AddRollouts(batch);
        }
        Assert.All(texts, text => Assert.Contains(JsonDocument.Parse(text).RootElement.GetProperty("team").GetString(), (string[])["billing", "shipping"]));
        Assert.Equal(4 * 8 + 5, texts.Count);
        var step = trainer.TrainStep();
        Assert.False(step.Figures.ContainsKey("sampler_difference"));
        // The form alone is what the model of random weights would hardly write.
        Assert.True(step.Figures["entropy"] > 1);
        Assert.True(step.GradientNorm > 0);
    }

    [Fact]
    public void Graders_see_the_opening_of_the_thinking_that_the_prompt_has_written()
    {
        var graded = new List<string>();
        using var trainer = Start(
            Options(AdapterKind.Full) with { Policy = Policy with { EvaluationInterval = 1 } },
            (_, answer) =>
            {
                graded.Add(answer);
                return new Reward(0, new Dictionary<string, double>());
            },
            folder: TinyModel.WriteThinking(Path.Combine(tiny.Folder, "thinking")));
        while (trainer.NextRollout is { } next)
        {
            var drawn = trainer.Roll(next, default);
            Assert.Equal(graded.TakeLast(drawn.Rollouts.Count), drawn.Rollouts.Select(answer => answer.Text));
            trainer.AddRollouts(drawn);
        }
        Assert.Equal(4 * 8 + 5, graded.Count);
        Assert.All(graded, text => Assert.StartsWith("<think>\n", text, StringComparison.Ordinal));
    }

    [Fact]
    public void Grading_ends_between_two_answers_when_it_is_asked_to()
    {
        using var stop = new CancellationTokenSource();
        var graded = 0;
        using var trainer = Start(Options(AdapterKind.Full), (_, _) =>
        {
            if (++graded == 3) stop.Cancel();
            return new Reward(0, new Dictionary<string, double>());
        });
        Assert.ThrowsAny<OperationCanceledException>(() => trainer.Roll(trainer.NextRollout!, stop.Token));
        Assert.Equal(3, graded);
        // Nothing came of it: the same answers are drawn again.
        Assert.Equal(32, trainer.Roll(trainer.NextRollout!, default).Rollouts.Count);
    }

    [Fact]
    public async Task Answers_may_be_graded_together_by_others_and_teach_the_same()
    {
        using var atOnce = Start(Options(AdapterKind.Full));
        using var later = Start(Options(AdapterKind.Full), with: task => task with
        {
            Reward = null,
            Judge = (answers, _) => Task.FromResult<IReadOnlyList<Reward>>([.. answers.Select(answer => Letter(answer.Prompt, answer.Answer))]),
        });
        Assert.Equal((false, true), (atOnce.GradesLater, later.GradesLater));
        while (later.NextRollout is { } next)
        {
            var drawn = later.Roll(next, default);
            Assert.All(drawn.Rollouts, answer => Assert.Equal(0, answer.Reward));
            later.AddRollouts(await later.GradeAsync(drawn, default));
        }
        var (expected, found) = (Step(atOnce), later.TrainStep());
        Assert.Equal((expected.Loss, expected.GradientNorm, expected.Figures["reward"]), (found.Loss, found.GradientNorm, found.Figures["reward"]));
    }

    [Theory]
    [InlineData(AdapterKind.Full)]
    [InlineData(AdapterKind.Lora)]
    public void The_first_step_has_no_divergence_and_clips_nothing_and_later_ones_diverge(AdapterKind kind)
    {
        using var trainer = Start(Options(kind) with { Policy = Policy with { Beta = 0.1 } });
        var first = Step(trainer);
        Assert.Equal((0.0, 0.0), (first.Figures["kl"], first.Figures["clip_share"]));
        Assert.Null(first.Accuracy);
        Assert.InRange(first.Figures["sampler_difference"], 0, 1e-4);
        Assert.True(Step(trainer).Figures["kl"] > 0);
    }

    [Fact]
    public void With_several_updates_only_the_first_has_a_ratio_of_one()
    {
        using var trainer = Start(Options(AdapterKind.Full) with { Policy = Policy with { UpdatesPerRollout = 3, EpsilonHigh = 0.01, EpsilonLow = 0.01 } });
        var steps = Enumerable.Range(0, 4).Select(_ => Step(trainer)).ToList();
        Assert.Equal(0, steps[0].Figures["clip_share"]);
        Assert.True(steps[2].Figures["clip_share"] > 0);
        Assert.Equal(0, steps[3].Figures["clip_share"]);
        Assert.Equal(steps[0].Figures["reward"], steps[2].Figures["reward"]);
    }

    [Fact]
    public void The_reward_rises_and_every_figure_is_reported()
    {
        // One letter alone is so rare that a model of random weights seldom meets it: all small ones are rewarded.
        using var trainer = Start(Options(AdapterKind.Full) with { Epochs = 6, LearningRate = 1e-2 }, (_, answer) => Share(answer, char.IsAsciiLetterLower));
        var steps = new List<StepMetrics>();
        while (trainer.Step < trainer.TotalSteps) steps.Add(Step(trainer));
        Assert.Equal(
            ["reward", "reward_letter", "groups_without_variance", "answer_tokens", "answers_cut_off", "answers_not_graded", "sampler_difference", "entropy", "clip_share"],
            steps[0].Figures.Keys);
        var (before, after) = (steps.Take(3).Average(step => step.Figures["reward"]), steps.TakeLast(3).Average(step => step.Figures["reward"]));
        Assert.True(after > before + 0.1, $"reward {before:F3} -> {after:F3}");
        Assert.InRange(steps[0].Figures["entropy"], 1, Math.Log(300));
    }

    [Fact]
    public void Equal_rewards_leave_the_weights_but_for_their_decay_and_are_reported()
    {
        using var trainer = Start(Options(AdapterKind.Full), (_, _) => new Reward(1, new Dictionary<string, double>()));
        var step = Step(trainer);
        Assert.Equal((1.0, 1.0, 0.0, 0.0), (step.Figures["groups_without_variance"], step.Figures["reward"], step.Loss, step.GradientNorm));
        // Nothing is learned, and yet it is seen whether the policy still varies.
        Assert.InRange(step.Figures["entropy"], 1, Math.Log(300));
        Assert.Equal(0.0, step.Figures["clip_share"]);
        Assert.InRange(step.Figures["sampler_difference"], 0, 1e-4);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Entropy_is_that_of_all_answers_those_that_nothing_is_learned_from_among_them(int updates)
    {
        // Every second prompt's answers are worth the same. With a divergence, however small, every answer is learned from.
        Reward Reward(PolicyPrompt prompt, string answer) => prompt.Line % 2 == 0 ? Letter(prompt, "e") : Share(answer, char.IsAsciiLetterLower);
        var policy = Policy with { UpdatesPerRollout = updates };
        using var some = Start(Options(AdapterKind.Full) with { Policy = policy }, Reward);
        using var all = Start(Options(AdapterKind.Full) with { Policy = policy with { Beta = 1e-9 } }, Reward);
        var (found, whole) = (Step(some), Step(all));
        Assert.InRange(found.Figures["groups_without_variance"], 0.25, 0.75);
        Assert.True(found.SupervisedTokens < whole.SupervisedTokens || updates > 1, "all answers were learned from");
        foreach (var name in (string[])["entropy", "clip_share", "sampler_difference"])
            Assert.Equal(whole.Figures[name], found.Figures[name], 1e-5);
    }

    [Fact]
    public void Entropy_of_many_answers_that_nothing_is_learned_from_is_measured_on_some_of_them()
    {
        // 128 answers of up to 32 tokens, of which some dozens are read.
        var options = Options(AdapterKind.Full) with { Policy = Policy with { GroupSize = 32, MaxAnswerTokens = 32 } };
        using var same = Start(options, (_, _) => new Reward(1, new Dictionary<string, double>()));
        using var all = Start(options with { Policy = options.Policy! with { Beta = 1e-9 } });
        Assert.Equal(Step(all).Figures["entropy"], Step(same).Figures["entropy"], 0.1);
    }

    [Theory]
    [InlineData(AdapterKind.Full)]
    [InlineData(AdapterKind.Lora)]
    public void A_policy_becomes_its_own_reference_every_so_many_steps(AdapterKind kind)
    {
        using var trainer = Start(Options(kind) with { Policy = Policy with { Beta = 0.1, ReferenceResetSteps = 2 } });
        var divergences = Enumerable.Range(0, 6).Select(_ => Step(trainer).Figures["kl"]).ToList();
        Assert.Equal([0.0, 0.0, 0.0], [divergences[0], divergences[2], divergences[4]]);
        Assert.All([divergences[1], divergences[3], divergences[5]], divergence => Assert.True(divergence > 0));
    }

    [Fact]
    public void A_checkpoint_without_the_reference_that_it_needs_is_refused()
    {
        var options = Options(AdapterKind.Lora) with { Policy = Policy with { Beta = 0.1, ReferenceResetSteps = 1 } };
        var folder = Path.Combine(tiny.Folder, Guid.NewGuid().ToString("N"));
        using (var trainer = Start(options))
        {
            trainer.Save(folder);
            Assert.False(File.Exists(Path.Combine(folder, "reference.safetensors")));
            Step(trainer);
            trainer.Save(folder);
        }
        File.Delete(Path.Combine(folder, "reference.safetensors"));
        using var next = Start(options);
        Assert.Equal("reference.safetensors: the file is missing, and the reference policy was reset before this step", Assert.Throws<InputError>(() => next.Restore(folder)).Message);
    }

    [Fact]
    public void Groups_that_are_sampled_again_are_reported_as_they_come_and_as_they_are_learned_from()
    {
        var options = Options(AdapterKind.Full) with { Policy = Policy with { LossType = LossType.Dapo, GroupSize = 4, Resamples = 2 } };
        var asked = 0;
        // The first four groups, all of the first round, are worth nothing; those of the next vary.
        using var trainer = Start(options, (_, answer) => asked++ < 16 ? new Reward(0, new Dictionary<string, double>()) : Share(answer, char.IsAsciiLetterLower));
        var step = Step(trainer);
        Assert.Equal(1.0, step.Figures["groups_without_variance"]);
        Assert.InRange(step.Figures["final_groups_without_variance"], 0, 0.5);
        Assert.InRange(step.Figures["final_answers_cut_off"], 0.1, 1);
    }

    [Fact]
    public void Answers_that_are_all_cut_off_and_filtered_teach_nothing()
    {
        // An answer of one token that ends at once is not cut off: few enough are drawn that none does.
        var options = Options(AdapterKind.Full) with { WeightDecay = 0, Policy = Policy with { GroupSize = 2, MaxAnswerTokens = 1, FilterOverlong = true, LossType = LossType.Dapo } };
        using var trainer = Start(options, (_, answer) => new Reward(answer.Length, new Dictionary<string, double>()));
        var before = WeightsOf(trainer);
        var step = Step(trainer);
        Assert.Equal(1.0, step.Figures["answers_cut_off"]);
        Assert.True(step.Figures["groups_without_variance"] < 1, "no group varies: there was nothing to learn in any case");
        Assert.Equal((0.0, 0.0), (step.Loss, step.GradientNorm));
        Assert.Equal(before, WeightsOf(trainer));
    }

    [Fact]
    public void A_step_that_was_not_rolled_out_cannot_be_taken()
    {
        using var trainer = Start(Options(AdapterKind.Full));
        Assert.Equal("step 1 has not been rolled out", Assert.Throws<InvalidOperationException>(() => trainer.TrainStep()).Message);
    }

    [Fact]
    public void Policy_options_out_of_range_are_all_named()
    {
        var options = Options(AdapterKind.Lora) with
        {
            Adapter = new AdapterOptions { Kind = AdapterKind.Lora, Dropout = 0.1 }, Policy = Policy with { GroupSize = 1, EpsilonLow = 1, ReferenceResetSteps = 400, PenaltyTokens = 9 },
        };
        Assert.Equal(
            "group_size: found 1; allowed: 2 to 256\nepsilon_low: found 1; allowed: above 0, below 1\n"
            + "reference_reset_steps: found 400; allowed: a value with beta above 0; without a divergence there is no reference\npenalty_tokens: found 9; allowed: 0 to 8\n"
            + "adapter.dropout: found 0.1; allowed: 0 with method reinforcement",
            Assert.Throws<InputError>(options.Validate).Message);
    }

    private static PolicyOptions Policy { get; } = new() { MaxAnswerTokens = 8, GroupSize = 8 };

    private static TrainingOptions Options(AdapterKind kind) => new()
    {
        Adapter = new AdapterOptions { Kind = kind, Rank = 4, Alpha = 8 }, Epochs = 2, BatchSize = 4, LearningRate = kind == AdapterKind.Full ? 3e-3 : 1e-2,
        MaxSequenceLength = 128, Seed = 1, Policy = Policy,
    };

    private static StepMetrics Step(Trainer trainer)
    {
        while (trainer.NextRollout is { } next) trainer.AddRollouts(trainer.Roll(next, default));
        return trainer.TrainStep();
    }

    private static Reward Letter(PolicyPrompt prompt, string answer) => Share(answer, letter => letter == 'e');

    private static Reward Share(string answer, Func<char, bool> rewarded)
    {
        var share = answer.Length == 0 ? 0 : answer.Count(rewarded) / (double)answer.Length;
        return new Reward(share, new Dictionary<string, double> { ["letter"] = share });
    }

    private Trainer Start(TrainingOptions options, Func<PolicyPrompt, string, Reward>? reward = null, Func<PolicyTask, PolicyTask>? with = null, string? folder = null)
    {
        var model = LanguageModel.Load(folder ?? wideHeaded);
        PolicyPrompt[] prompts =
            [.. LoadedTinyModel.Examples(17).Select(example => new PolicyPrompt(model.Chat.EncodePrompt([.. example.Messages.SkipLast(1)]), default, example.Line))];
        var task = new PolicyTask(prompts[..12], reward ?? Letter) { Validation = prompts[12..] };
        return new Trainer(model, with is null ? task : with(task), options);
    }

    private string WeightsOf(Trainer trainer)
    {
        var folder = Path.Combine(tiny.Folder, Guid.NewGuid().ToString("N"));
        trainer.Save(folder);
        return Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, "weights.safetensors"))));
    }

    /// <summary>Trains in chunks of so many steps or batches of answers, each a trainer of its own that goes on with what was stored.</summary>
    private (string Weights, List<string> Rollouts) WeightsAfterChunksOf(int units, TrainingOptions options)
    {
        var folder = Path.Combine(tiny.Folder, Guid.NewGuid().ToString("N"));
        var stored = new List<string>();
        for (var done = false; !done;)
        {
            using var trainer = Start(options);
            if (Directory.Exists(folder)) trainer.Restore(folder);
            var batches = stored.Select(json => JsonSerializer.Deserialize<RolloutBatch>(json)!)
                .Where(batch => batch.Number == (batch.Evaluates ? trainer.Step : trainer.Step / options.Policy!.UpdatesPerRollout));
            foreach (var batch in batches) trainer.AddRollouts(batch);
            for (var unit = 0; unit < units && trainer.Step < trainer.TotalSteps; unit++)
            {
                if (trainer.NextRollout is { } next)
                {
                    var drawn = trainer.Roll(next, default);
                    stored.Add(JsonSerializer.Serialize(drawn));
                    trainer.AddRollouts(drawn);
                }
                else
                {
                    trainer.TrainStep();
                }
            }
            trainer.Save(folder);
            done = trainer.Step == trainer.TotalSteps;
        }
        return (Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, "weights.safetensors")))), stored);
    }
}
