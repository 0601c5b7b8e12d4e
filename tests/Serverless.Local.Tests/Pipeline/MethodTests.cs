using System.Text;
using System.Text.Json;
using Serverless.Learning.Formats;
using Serverless.Local.Journal;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Tests;
using Serverless.Tests.Shared;
using TorchSharp;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>Methods other than supervised training, from their files to their published models, on the journal and a real Azurite.</summary>
public sealed class MethodTests(AzuriteFixture azurite) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Preferences_are_learned_against_the_model_the_job_starts_from_and_reported()
    {
        await using var head = await StartAsync();
        var training = await head.UploadAsync(Pairs(24));
        var validation = await head.UploadAsync(Pairs(12), "valid.jsonl");
        var first = await head.CreateAsync(training, validation, Preferences(2));
        first = await head.UntilAsync(first.Id, JobStatus.Succeeded);
        var next = await head.CreateAsync(training, validation, request => Preferences(1)(request) with { Model = first.FineTunedModel!.Value });
        next = await head.UntilAsync(next.Id, JobStatus.Succeeded);

        foreach (var job in (JobRecord[])[first, next])
        {
            var metrics = await head.Get<JobLog>().ListMetricsAsync(job.Id, 0, default);
            Assert.Equal((0.0, 0.5), (metrics[0].Figures["reward_margin"], metrics[0].Figures["reward_accuracy"]));
            Assert.All(metrics, step => Assert.Null(step.TrainAccuracy));
            Assert.True(metrics[^1].Figures["reward_margin"] > 0);
            Assert.True(metrics[^1].Figures["valid_reward_accuracy"] > 0.5);
            Assert.NotNull(metrics[^1].ValidLoss);
        }
        Assert.Equal(0.1, first.Options!.Beta);
        var evaluation = await head.Get<JobEvaluations>().FindAsync(first.Id, default);
        Assert.True(evaluation!.Finished);
        Assert.InRange(evaluation.RewardAccuracy!.Value, 0.9, 1);
        Assert.True(evaluation.RewardMargin > 0);
        Assert.Equal((12, 12, 0), (evaluation.Tuned.Scored, evaluation.Tuned.Answered, evaluation.Tuned.Pairs.Length));
        await AssertReportAsync(head, first);
    }

    [Theory]
    [InlineData("story.txt")]
    [InlineData("story.jsonl")]
    public async Task Text_is_read_and_its_loss_falls(string name)
    {
        await using var head = await StartAsync();
        var documents = JsonSerializer.Deserialize<string[]>(TinyDocuments(24))!;
        var text = name.EndsWith(".txt", StringComparison.Ordinal)
            ? string.Join("\n\n\n", documents)
            : string.Concat(documents.Select(document => JsonSerializer.Serialize(new { text = document }) + "\n"));
        var file = await head.UploadAsync(text, name);
        var job = await head.CreateAsync(file, file, request => request with
        {
            PublishIf = new PublishCondition("perplexity", 0),
            Method = new JobMethod { Type = MethodType.Pretraining, Hyperparameters = new Hyperparameters { Epochs = 3, BatchSize = 2, MaxSequenceLength = 32 } },
        });
        job = await head.UntilAsync(job.Id, JobStatus.Succeeded);

        var metrics = await head.Get<JobLog>().ListMetricsAsync(job.Id, 0, default);
        Assert.Equal(32, job.Options!.MaxSequenceLength);
        // All rows are full, and only an epoch's last step may have one instead of two.
        Assert.All(metrics, step => Assert.Contains(step.Tokens, (int[])[32, 64]));
        Assert.InRange(metrics.Count(step => step.Tokens == 32), 0, 3);
        var evaluation = await head.Get<JobEvaluations>().FindAsync(job.Id, default);
        Assert.Equal((true, 24, 24, 0), (evaluation!.Finished, evaluation.Examples, evaluation.Tuned.Scored, evaluation.Tuned.Answered));
        Assert.True(evaluation.Tuned.Scores.Loss < evaluation.Base.Scores.Loss);
    }

    [Fact]
    public async Task A_policy_is_rewarded_by_a_grader_and_keeps_what_it_answered()
    {
        await using var head = await StartAsync();
        var validation = await head.UploadAsync(Prompts(11), "valid.jsonl");
        var job = await head.CreateAsync(await head.UploadAsync(Prompts(12)), validation, Reinforcement);
        job = await head.UntilAsync(job.Id, JobStatus.Succeeded);

        var metrics = await head.Get<JobLog>().ListMetricsAsync(job.Id, 0, default);
        Assert.Equal([1, 2, 3], metrics.Select(step => step.Step));
        Assert.All(metrics, step => Assert.InRange(step.Figures["reward"], 0.01, 0.99));
        Assert.Equal(0.0, metrics[0].Figures["kl"]);
        Assert.True(metrics[2].Figures["kl"] > 0);
        Assert.Equal(2, job.ResultFiles.Length);
        await using var content = await head.Get<FileStore>().OpenAsync(job.ResultFiles[1], 0, default);
        using var reader = new StreamReader(content!, Encoding.UTF8);
        var answers = (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(3 * 4 * 20, answers.Count);
        Assert.Equal(metrics[0].Figures["reward"], answers.Take(80).Average(answer => answer.GetProperty("reward").GetDouble()), 9);
        Assert.All(answers, answer => Assert.Equal(answer.GetProperty("ids").GetArrayLength(), answer.GetProperty("sampled_log_probabilities").GetArrayLength()));
        Assert.Equal(Enumerable.Range(1, 12), answers.Select(answer => answer.GetProperty("line").GetInt32()).Distinct().Order());
        var evaluation = await head.Get<JobEvaluations>().FindAsync(job.Id, default);
        Assert.Equal((true, 11, 11), (evaluation!.Finished, evaluation.Base.Answered, evaluation.Tuned.Answered));
        var comparison = Assert.Single(evaluation.Comparisons);
        Assert.Equal(("letter", 11), (comparison.Metric, comparison.Wins + comparison.Losses + comparison.Ties));
        Assert.Equal(evaluation.Tuned.Graders[0].Scores.Average(), comparison.Tuned.Mean, 1e-12);
        Assert.Equal(11, evaluation.Tuned.Samples.Length);
        Assert.All(evaluation.Tuned.Samples, sample => Assert.Null(sample.Expected));
        Assert.Null(evaluation.GainOf("loss"));
        var messages = await head.MessagesAsync(job.Id);
        Assert.Contains(messages, message => message.StartsWith("Step 1/3: training loss=", StringComparison.Ordinal) && message.Contains(", reward=", StringComparison.Ordinal));
        Assert.Contains(messages, message => message.Contains("of the answers were cut off at max_completion_tokens, 6, and each counts as much as one that came to its end. Raise it", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(MethodType.Supervised, 64)]
    [InlineData(MethodType.Pretraining, 8)]
    public async Task Longer_examples_are_cut_off_where_that_was_asked_for_and_told_of(MethodType method, int longest)
    {
        await using var head = await StartAsync();
        var file = await head.UploadAsync(method == MethodType.Pretraining ? MethodData.Of(method, 12) : Answers(12));
        Func<JobRequest, JobRequest> With(bool cuts) => request => request with
        {
            Method = new JobMethod { Type = method, Hyperparameters = new Hyperparameters { Epochs = 1, BatchSize = 4, MaxSequenceLength = longest, TruncatesEnd = cuts } },
        };
        var job = await head.UntilAsync((await head.CreateAsync(file, with: With(cuts: true))).Id, JobStatus.Succeeded);
        var plan = (await head.Get<JobPlans>().FindAsync(job.StageId(), default))!;
        var told = Assert.Single(await head.MessagesAsync(job.Id), message => message.Contains("cut off at max_sequence_length", StringComparison.Ordinal));
        Assert.Matches(@"^train\.jsonl line 1: cut off at max_sequence_length, as truncate asks for \(12 of 12 examples like this, \d+ tokens in all\)$", told);
        Assert.Equal(12L * longest, plan.Tokens);
        var metrics = await head.Get<JobLog>().ListMetricsAsync(job.Id, 0, default);
        Assert.Equal(plan.TotalSteps, metrics.Count);
        if (method == MethodType.Pretraining)
            return;
        Assert.Equal([4 * longest, 4 * longest, 4 * longest], metrics.Select(step => step.Tokens));
        var refused = await head.UntilAsync((await head.CreateAsync(file, with: With(cuts: false))).Id, JobStatus.Failed);
        Assert.Matches($@"^train\.jsonl line 1: found \d+ tokens; allowed: {longest}\n", refused.Error!.Message);
    }

    /// <summary>Conversations that are mostly answer.</summary>
    private static string Answers(int count) => string.Concat(Enumerable.Range(0, count).Select(number => JsonSerializer.Serialize(new
    {
        messages = new[] { new { role = "user", content = "a" }, new { role = "assistant", content = string.Concat(Enumerable.Repeat($"parcel {number} has not arrived, ", 5)) } },
    }) + "\n"));

    [Fact]
    public async Task Gradients_that_are_not_finite_skip_steps_and_three_in_a_row_end_the_job_at_its_last_checkpoint()
    {
        foreach (var settings in ((PipelineSettings?[])[null, new PipelineSettings { ChunkSteps = 1 }]))
        {
            await using var head = await StartAsync(settings);
            await head.Get<ModelStore>().SeedBaseAsync(PipelineHead.Tiny.Value, Overflowing(Path.Combine(_folder.Path, Guid.NewGuid().ToString("n"))), default);
            var job = await head.CreateAsync(await head.UploadAsync(TinyModel.Dataset(24)), with: FineTuneTests.Epochs(2));
            job = await head.UntilAsync(job.Id, JobStatus.Failed);
            Assert.Equal(
                ("training_diverged", "step 3: the gradient was not finite for 3 steps in a row; lower the learning rate or look at the data of these steps. The checkpoint of step 2, "
                    + "whose weights are the last good ones, can be used", "method"),
                (job.Error!.Code, job.Error.Message, job.Error.Param));
            var metrics = await head.Get<JobLog>().ListMetricsAsync(job.Id, 0, default);
            Assert.Equal([(1, true), (2, true)], metrics.Select(step => (step.Step, step.Skipped)));
            Assert.All(metrics, step => Assert.Equal((null, null, null), (step.TrainLoss, step.TrainAccuracy, step.GradientNorm)));
            var messages = await head.MessagesAsync(job.Id);
            Assert.All([1, 2], step => Assert.Single(messages, $"Step {step}: the gradient was not finite; the step was skipped"));
            Assert.Single(messages, message => message.StartsWith("Step 1/", StringComparison.Ordinal) && message.EndsWith(": skipped", StringComparison.Ordinal));
            Assert.Equal(2, (await head.Get<JobLog>().ReadHeadAsync(job.Id, default))!.Step);
        }
    }

    /// <summary>The tiny model with numbers in it whose products are no numbers any more.</summary>
    private static string Overflowing(string folder)
    {
        var path = Path.Combine(TinyModel.Write(folder), "model.safetensors");
        using (var scope = torch.NewDisposeScope())
        {
            using var file = SafetensorsFile.Open(path);
            var scaled = file.Tensors.Values.Select(stored => KeyValuePair.Create(stored.Name, stored.Name == "model.norm.weight" ? file.Read(stored.Name).mul(1e38) : file.Read(stored.Name))).ToList();
            SafetensorsWriter.Write(path + ".new", scaled);
        }
        File.Move(path + ".new", path, overwrite: true);
        return folder;
    }

    [Fact]
    public async Task Training_ends_early_when_the_validation_loss_stops_falling_and_the_best_checkpoint_is_published()
    {
        await using var head = await StartAsync();
        var training = await head.UploadAsync(TinyModel.Dataset(20));
        var validation = await head.UploadAsync(string.Concat(TinyModel.Dataset(12).Replace("billing", "account", StringComparison.Ordinal)), "valid.jsonl");
        // At this rate the tiny model soon knows its file by heart, and the other answers of the validation file less and less.
        var job = await head.CreateAsync(training, validation, request => request with
        {
            Method = new JobMethod { Hyperparameters = new Hyperparameters { Epochs = 40, BatchSize = 4, LearningRate = 1e-2, EarlyStoppingPatience = 2 } },
        });
        job = await head.UntilAsync(job.Id, JobStatus.Succeeded);

        var metrics = await head.Get<JobLog>().ListMetricsAsync(job.Id, 0, default);
        var losses = metrics.Where(step => step.ValidLoss is not null).ToList();
        Assert.InRange(losses.Count, 3, 39);
        var best = losses.MinBy(step => step.ValidLoss)!;
        Assert.Equal(losses[^3].Step, best.Step);
        Assert.Contains(await head.MessagesAsync(job.Id), message => message ==
            $"Step {losses[^1].Step}: the validation loss has not fallen for 2 epochs; training ends here, and the checkpoint with the lowest is published");
        var model = await head.Get<CheckpointModels>().FindAsync(ModelId.Published("tiny", "local", null, job.Id, best.Step), default);
        Assert.Equal(await head.WeightsAsync(job), model!.Parts.Single(part => part.Path == "model.safetensors").Sha256);
    }

    [Fact]
    public async Task A_prompt_and_its_completion_are_trained_as_a_conversation()
    {
        await using var head = await StartAsync();
        var lines = string.Concat(Enumerable.Range(0, 12).Select(number => $$"""{"prompt": "Ticket {{number}}", "completion": "billing"}""" + "\n"));
        var job = await head.CreateAsync(await head.UploadAsync(lines), with: FineTuneTests.Epochs(1));
        job = await head.UntilAsync(job.Id, JobStatus.Succeeded);
        Assert.NotNull(job.FineTunedModel);
    }

    [Theory]
    [InlineData(MethodType.Reinforcement, false, "training_file: found chat data in train.jsonl (line 1 has messages); allowed with method reinforcement: reinforcement")]
    [InlineData(MethodType.Dpo, false, "training_file: found chat data in train.jsonl (line 1 has messages); allowed with method dpo: preference")]
    [InlineData(MethodType.Supervised, true, "training_file: found preference data in train.jsonl (line 1 has preferred_output); allowed with method supervised: chat or prompt/completion")]
    [InlineData(MethodType.Pretraining, true, "training_file: found preference data in train.jsonl (line 1 has preferred_output); allowed with method pretraining: text or .txt")]
    public async Task A_file_of_another_kind_than_the_method_takes_fails_the_job_before_it_starts(MethodType method, bool pairs, string fault)
    {
        await using var head = await StartAsync();
        var file = await head.UploadAsync(pairs ? Pairs(12) : TinyModel.Dataset(12));
        var job = await head.CreateAsync(file, with: request => request with { Method = new JobMethod { Type = method } });
        job = await head.UntilAsync(job.Id, JobStatus.Failed);
        Assert.Equal(("invalid_training_file", fault, "training_file"), (job.Error!.Code, job.Error.Message, job.Error.Param));
        Assert.Null(job.StartedAt);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Epochs of four pairs a step, at a rate at which the tiny model moves.</summary>
    internal static Func<JobRequest, JobRequest> Preferences(int epochs) => request => request with { Method = MethodData.Request(MethodType.Dpo, epochs) };

    /// <summary>Three steps of four prompts with twenty answers each, rewarded for a letter.</summary>
    internal static JobRequest Reinforcement(JobRequest request) => request with { Method = MethodData.Request(MethodType.Reinforcement) };

    internal static string Prompts(int count) => MethodData.Of(MethodType.Reinforcement, count);

    /// <summary>One team is always preferred to another: what even random weights learn in a few steps.</summary>
    internal static string Pairs(int count) => MethodData.Of(MethodType.Dpo, count);

    private static string TinyDocuments(int count) => JsonSerializer.Serialize(Enumerable.Range(0, count).Select(number =>
        $"the parcel {number} has not arrived and the tracking page shows nothing"));

    private static async Task AssertReportAsync(PipelineHead head, JobRecord job)
    {
        await using var content = await head.Get<FileStore>().OpenAsync(Assert.Single(job.ResultFiles), 0, default);
        using var reader = new StreamReader(content!, Encoding.UTF8);
        var lines = (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith(
            "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy,reward_margin,reward_accuracy,chosen_reward,rejected_reward,"
            + "chosen_log_probability,rejected_log_probability,valid_reward_margin,",
            lines[0], StringComparison.Ordinal);
        Assert.Matches("^1,0.69315,,,,0,0.5,0,0,-[0-9.]+,-[0-9.]+,,,,,,$", lines[1]);
        Assert.All(lines, line => Assert.Equal(lines[0].Count(one => one == ','), line.Count(one => one == ',')));
        var events = await head.Get<JobLog>().ListEventsAsync(job.Id, null, 1000, default);
        var data = events.Items.First(entry => entry.Event.Message.StartsWith("Step 1/", StringComparison.Ordinal)).Event.Data!.Value;
        Assert.Equal(0.5, data.GetProperty("reward_accuracy").GetDouble());
        Assert.False(data.TryGetProperty("train_mean_token_accuracy", out _));
        var model = await head.Get<ModelCatalog>().FindAsync(job.FineTunedModel!.Value, default);
        Assert.Contains(model!.Parts, part => part.Path == "README.md");
    }

    private async Task<PipelineHead> StartAsync(PipelineSettings? settings = null, JournalSettings? journal = null) =>
        await PipelineHead.StartAsync(
            await azurite.NewAccountAsync(), Path.Combine(_folder.Path, Guid.NewGuid().ToString("n")), settings, journal);
}
