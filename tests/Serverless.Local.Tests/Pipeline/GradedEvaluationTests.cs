using System.Text.Json;
using Serverless.Learning;
using Serverless.Local.Journal;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>Evaluations with graders, and what they decide, on the journal and a real Azurite.</summary>
public sealed class GradedEvaluationTests(AzuriteFixture azurite) : IDisposable
{
    private const string Near = """{"type": "text_similarity", "name": "near", "evaluation_metric": "fuzzy_match", "input": "{{sample.output_text}}", "reference": "{{item.messages[-1].content}}"}""";
    private const string Chosen = """{"type": "text_similarity", "name": "chosen", "evaluation_metric": "fuzzy_match", "input": "{{sample.output_text}}", "reference": "{{item.preferred_output[0].content}}"}""";

    /// <summary>Takes its whole time limit over every answer.</summary>
    private const string Slow = """{"type": "format", "name": "slow", "pattern": "^(?=a)(a+)+$", "input": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "time_limit_seconds": 2}""";

    private const string Lost = """{"type": "string_check", "name": "lost", "operation": "eq", "input": "{{item.messages[7].content}}", "reference": "x"}""";

    private const string Absent = """{"type": "string_check", "name": "absent", "operation": "eq", "input": "{{item.reference}}", "reference": "x"}""";
    private const string Endless = """{"type": "format", "name": "endless", "pattern": "^(?=a)(a+)+$", "input": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "time_limit_seconds": 0.02}""";

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Graders_score_both_models_answers_question_by_question()
    {
        await using var head = await StartAsync();
        var job = await RunAsync(head, [Near, Lost]);
        var evaluation = (await head.Get<JobEvaluations>().FindAsync(job.Id, default))!;
        Assert.Equal(["exact_match", "near", "lost"], evaluation.Comparisons.Select(comparison => comparison.Metric));
        Assert.All(evaluation.Comparisons, comparison =>
        {
            Assert.Equal(24, comparison.Wins + comparison.Losses + comparison.Ties);
            Assert.InRange(comparison.Tuned.Mean, comparison.Tuned.Low, comparison.Tuned.High);
            Assert.Equal(comparison.Tuned.Mean - comparison.Base.Mean, comparison.Gain.Mean, 1e-12);
        });
        var near = evaluation.Comparisons[1];
        Assert.Equal(evaluation.Tuned.Graders[0].Scores.Average(), near.Tuned.Mean, 1e-12);
        Assert.True(near.Tuned.Mean > near.Base.Mean && near.Wins > near.Losses);
        Assert.Equal((24, "lost.input: {{item.messages[7].content}}: the item's messages has 3 entries, none at 7"), (evaluation.Base.Graders[1].Faults, evaluation.Base.Graders[1].FirstFault));
        Assert.Equal((20, 20), (evaluation.Base.Samples.Length, evaluation.Tuned.Samples.Length));
        Assert.Equal(evaluation.Base.Samples.Select(sample => sample.Prompt), evaluation.Tuned.Samples.Select(sample => sample.Prompt));

        var model = (await head.Get<ModelCatalog>().FindAsync(job.FineTunedModel!.Value, default))!;
        var folder = await head.Get<ModelStore>().DownloadAsync(model, _folder.Path, default);
        var card = await File.ReadAllTextAsync(Path.Combine(folder, "README.md"), TestContext.Current.CancellationToken);
        Assert.Contains("| grader near | ", card, StringComparison.Ordinal);
        Assert.Contains("## Sample answers", card, StringComparison.Ordinal);
        const string Ungraded = "The grader 'lost' could not grade 24 of 24 answers of the base and 24 of 24 of the tuned model, and what could not be graded counts 0 (the first fault: lost.input: ";
        Assert.Single(await head.MessagesAsync(job.Id), message => message.StartsWith(Ungraded, StringComparison.Ordinal));
        Assert.Contains("- The grader 'lost' could not grade 24 of 24 answers of the base", card, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_grader_that_never_comes_to_an_end_is_given_up_and_publishes_nothing()
    {
        await using var head = await StartAsync();
        var job = await RunAsync(head, [Endless], request => request with
        {
            Method = new JobMethod { Hyperparameters = new Hyperparameters { Epochs = 1 } }, PublishIf = new PublishCondition("endless", 0),
        });
        Assert.Null(job.FineTunedModel);
        var evaluation = (await head.Get<JobEvaluations>().FindAsync(job.Id, default))!;
        Assert.All((ModelEvaluation[])[evaluation.Base, evaluation.Tuned], model => Assert.Equal((24, 24, true), (model.Graders[0].Scores.Length, model.Graders[0].Faults, model.Graders[0].IsGivenUp)));
        var messages = await head.MessagesAsync(job.Id);
        Assert.Single(messages, message => message.StartsWith("The grader 'endless' could not grade 24 of 24 answers of the base and 24 of 24", StringComparison.Ordinal)
            && message.EndsWith("; after 8 answers in a row without an end in time it was not asked any more)", StringComparison.Ordinal));
        Assert.Single(messages, message => message.StartsWith("The model was not published: the grader 'endless' could grade none of the answers", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_grader_that_names_a_key_which_a_line_lacks_fails_the_job_before_it_trains_and_its_dry_run()
    {
        await using var head = await StartAsync();
        var file = await head.UploadAsync(TinyModel.Dataset(12), "valid.jsonl");
        var prompts = await head.UploadAsync(MethodData.Of(MethodType.Reinforcement, 11) + """{"messages": [{"role": "user", "content": "hi"}], "other": 1}""" + "\n", "prompts.jsonl");
        foreach (var (with, place, message) in ((Func<JobRequest, JobRequest>, string, string)[])
            [
                (request => Graded([Near, Absent])(request), "evaluation.graders[1]",
                    "evaluation.graders[1]: found {{item.reference}} in it, and valid.jsonl line 1 (validation_file) has no \"reference\", only messages; allowed: keys that every line of the file has"),
                (request => request with { TrainingFile = prompts, ValidationFile = null, Method = MethodData.Request(MethodType.Reinforcement) }, "method.reinforcement.grader",
                    "method.reinforcement.grader: found {{item.letter}} in it, and prompts.jsonl line 12 (training_file) has no \"letter\", only messages, other; allowed: keys that every line of the file has"),
            ])
        {
            var job = await head.CreateAsync(file, file, with);
            job = await head.UntilAsync(job.Id, JobStatus.Failed);
            Assert.Equal(("invalid_grader", place, message, (DateTimeOffset?)null), (job.Error!.Code, job.Error.Param, job.Error.Message, job.StartedAt));
            var dry = await Assert.ThrowsAsync<InputError>(() => head.Get<DryRuns>().RunAsync(with(new JobRequest { Model = PipelineHead.Tiny, TrainingFile = file, ValidationFile = file }), default));
            Assert.Equal(message, dry.Message);
        }
    }

    [Fact]
    public async Task An_evaluation_in_many_small_parts_is_that_of_one_piece()
    {
        var found = new HashSet<string>();
        foreach (var budget in (TimeSpan[])[TimeSpan.FromMinutes(4), TimeSpan.FromMilliseconds(1)])
        {
            await using var head = await StartAsync(new JournalSettings { ActivityBudget = budget });
            var job = await RunAsync(head, [Near], request => request with { Method = new JobMethod { Hyperparameters = new Hyperparameters { Epochs = 1 } } });
            found.Add(JsonSerializer.Serialize(await head.Get<JobEvaluations>().FindAsync(job.Id, default)));
        }
        Assert.Single(found);
    }

    [Theory]
    [InlineData("near", 0.01, true)]
    [InlineData("near", 1.01, false)]
    [InlineData("loss", 0.01, true)]
    [InlineData("loss", 1000, false)]
    [InlineData("exact_match", 0, false)]
    [InlineData("exact_match", 1.01, false)]
    public async Task A_model_that_does_not_gain_enough_is_not_published(string metric, double minimum, bool published)
    {
        await using var head = await StartAsync();
        var job = await RunAsync(head, [Near], request => request with { PublishIf = new PublishCondition(metric, minimum) });
        Assert.Equal(published, job.FineTunedModel is not null);
        Assert.Single(job.ResultFiles);
        var messages = await head.MessagesAsync(job.Id);
        var withheld = messages.Where(message => message.StartsWith("The model was not published", StringComparison.Ordinal)).ToList();
        if (published)
        {
            Assert.Empty(withheld);
            return;
        }
        Assert.Matches(
            $"^The model was not published: found a gain of [0-9.]+ in {metric}, and publish_if asks for {(minimum == 0 ? "more than 0" : $"{minimum.ToString(System.Globalization.CultureInfo.InvariantCulture)} or more")}. Its checkpoints can be used.$",
            Assert.Single(withheld));
        Assert.DoesNotContain(messages, message => message.StartsWith("New fine-tuned model", StringComparison.Ordinal));
        var head1 = await head.Get<JobLog>().ReadHeadAsync(job.Id, default);
        var checkpoint = ModelId.Published("tiny", "local", null, job.Id, head1!.Step);
        Assert.NotNull(await head.Get<CheckpointModels>().FindAsync(checkpoint, default));
    }

    [Theory]
    [InlineData("reward_accuracy", 0.3, true)]
    [InlineData("reward_accuracy", 0.51, false)]
    [InlineData("reward_margin", 1000, false)]
    [InlineData("reward_margin", 0, true)]
    [InlineData("chosen", 1.01, false)]
    public async Task Preferences_are_answered_by_both_models_and_the_tuned_one_is_published_by_what_it_gained(string metric, double minimum, bool published)
    {
        await using var head = await StartAsync();
        var validation = await head.UploadAsync(MethodData.Of(MethodType.Dpo, 12), "valid.jsonl");
        var job = await head.CreateAsync(await head.UploadAsync(MethodData.Of(MethodType.Dpo, 24)), validation, request => Graded([Chosen])(request) with
        {
            Method = MethodData.Request(MethodType.Dpo, 2), PublishIf = new PublishCondition(metric, minimum),
        });
        job = await head.UntilAsync(job.Id, JobStatus.Succeeded);

        Assert.Equal(published, job.FineTunedModel is not null);
        var evaluation = (await head.Get<JobEvaluations>().FindAsync(job.Id, default))!;
        Assert.Equal(["exact_match", "chosen"], evaluation.Comparisons.Select(comparison => comparison.Metric));
        Assert.All(evaluation.Comparisons, comparison => Assert.Equal(12, comparison.Wins + comparison.Losses + comparison.Ties));
        Assert.Equal((12, 12, 0), (evaluation.Base.Samples.Length, evaluation.Tuned.Graders[0].Scores.Length, evaluation.Tuned.Graders[0].Faults));
        Assert.All(evaluation.Tuned.Samples, sample => Assert.Equal("billing", sample.Expected));
        Assert.All(evaluation.Tuned.Samples.Zip(evaluation.Tuned.ExactMatches), pair => Assert.Equal(pair.First.Answer.Trim() == "billing" ? 1 : 0, pair.Second));
    }

    [Theory]
    [InlineData(MethodType.Reinforcement, "letter")]
    [InlineData(MethodType.Recipe, "letter")]
    public async Task A_policy_is_published_by_what_its_grader_gives(MethodType method, string metric)
    {
        await using var head = await StartAsync();
        var prompts = await head.UploadAsync(MethodData.Of(MethodType.Reinforcement, 12));
        foreach (var minimum in (double[])[0, 1.01])
        {
            var job = await head.CreateAsync(prompts, prompts, request => request with
            {
                Method = method == MethodType.Recipe ? new JobMethod { Type = method } : MethodData.Request(method),
                Stages = method != MethodType.Recipe ? [] : [new RecipeStageRequest { Method = MethodData.Request(MethodType.Reinforcement) }],
                PublishIf = new PublishCondition(metric, minimum),
            });
            job = await head.UntilAsync(job.Id, JobStatus.Succeeded);
            var gain = (await head.Get<JobEvaluations>().FindAsync(job.Id, default))!.GainOf(metric);
            var published = gain > 0 && gain >= minimum;
            Assert.Equal(published, job.FineTunedModel is not null);
            Assert.Equal(published ? 0 : 1, (await head.MessagesAsync(job.Id)).Count(message => message.StartsWith("The model was not published: found a gain of ", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task What_a_validation_file_cannot_measure_is_refused_before_the_job_is_made_and_in_a_dry_run()
    {
        await using var head = await StartAsync();
        var prompts = await head.UploadAsync(MethodData.Of(MethodType.Reinforcement, 12));
        var chats = await head.UploadAsync(TinyModel.Dataset(12));
        foreach (var (file, with, fault) in ((FileId, Func<JobRequest, JobRequest>, string)[])
            [
                (prompts, request => request with { Method = MethodData.Request(MethodType.Reinforcement), PublishIf = new PublishCondition("loss", 0) },
                    "publish_if.metric: found 'loss'; allowed with reinforcement data as validation_file: letter"),
                (chats, request => request with { PublishIf = new PublishCondition("reward_accuracy", 0) },
                    "publish_if.metric: found 'reward_accuracy'; allowed with chat data as validation_file: loss, perplexity, token_accuracy, exact_match"),
                (prompts, request => request with
                    {
                        Method = MethodData.Request(MethodType.Distillation) with { Distillation = new DistillationRequest { Teacher = "tiny" } }, PublishIf = new PublishCondition("exact_match", 0),
                    },
                    "publish_if.metric: found 'exact_match'; allowed with reinforcement data as validation_file: the name of one of evaluation.graders, of which there are none"),
                (chats, request => request with { Method = MethodData.Request(MethodType.Supervised) with { Hyperparameters = new Hyperparameters { EarlyStoppingPatience = 2 } }, ValidationFile = null },
                    "method.supervised.hyperparameters.early_stopping_patience: found 2 and no validation file; allowed: a value with a validation_file, whose loss it waits for"),
            ])
        {
            Assert.Equal(fault, await RefusalAsync(head, file, file, with));
            var dry = await Assert.ThrowsAsync<InputError>(() => head.Get<DryRuns>().RunAsync(with(new JobRequest { Model = PipelineHead.Tiny, TrainingFile = file, ValidationFile = file }), default));
            Assert.Equal(fault, dry.Message);
        }
    }

    [Fact]
    public async Task A_job_is_cancelled_while_its_evaluation_is_graded()
    {
        await using var head = await StartAsync();
        var job = await CreateAsync(head, [Slow], request => request with { Method = new JobMethod { Hyperparameters = new Hyperparameters { Epochs = 1, BatchSize = 24 } } });
        await head.UntilStepAsync(job.Id, 1);
        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
        var begun = TimeProvider.System.GetTimestamp();
        await head.Jobs.CancelAsync(job.Id, default);
        await FineTuneTests.UntilSaidAsync(head, job.Id, "Fine-tuning job cancelled");
        // 24 answers would take the grader 48 seconds, for each of two models.
        Assert.InRange(TimeProvider.System.GetElapsedTime(begun).TotalSeconds, 0, 30);
    }

    [Fact]
    public async Task Graders_and_conditions_need_a_validation_file_and_models_that_exist()
    {
        await using var head = await StartAsync();
        var training = await head.UploadAsync(TinyModel.Dataset(12));
        Assert.Equal(
            "publish_if: found no validation_file; allowed: publish_if with the validation file that both models answer",
            await RefusalAsync(head, training, null, request => request with { PublishIf = new PublishCondition("loss", 0) }));
        Assert.Equal(
            "evaluation: found no validation_file; allowed: evaluation with the validation file that both models answer",
            await RefusalAsync(head, training, null, Graded([Near])));
        Assert.Equal(
            "evaluation.graders[0].model: found the model 'absent', which does not exist; allowed: a model of this service, or a teacher of the configuration (none are)",
            await RefusalAsync(head, training, training, Graded(["""{"type": "score_model", "name": "j", "model": "absent", "input": [{"role": "user", "content": "x"}]}"""])));
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<string> RefusalAsync(PipelineHead head, FileId training, FileId? validation, Func<JobRequest, JobRequest> with) =>
        (await Assert.ThrowsAsync<InputError>(() => head.CreateAsync(training, validation, with))).Message;

    private static async Task<JobRecord> CreateAsync(PipelineHead head, string[] graders, Func<JobRequest, JobRequest>? with = null)
    {
        var training = await head.UploadAsync(TinyModel.Dataset(24));
        var validation = await head.UploadAsync(TinyModel.Dataset(24), "valid.jsonl");
        return await head.CreateAsync(training, validation, request => Graded(graders)(with is null ? request : with(request)));
    }

    private static async Task<JobRecord> RunAsync(PipelineHead head, string[] graders, Func<JobRequest, JobRequest>? with = null)
    {
        var job = await CreateAsync(head, graders, with);
        job = await head.UntilAsync(job.Id, JobStatus.Succeeded);
        await FineTuneTests.UntilSaidAsync(head, job.Id, "The job has successfully completed");
        return job;
    }

    private static Func<JobRequest, JobRequest> Graded(string[] graders) =>
        request => request with { Graders = [.. graders.Select(json => JsonDocument.Parse(json).RootElement)] };

    private async Task<PipelineHead> StartAsync(JournalSettings? journal = null) =>
        await PipelineHead.StartAsync(
            await azurite.NewAccountAsync(), Path.Combine(_folder.Path, Guid.NewGuid().ToString("N")), new PipelineSettings { EvaluatedAnswerTokens = 8 }, journal);
}
