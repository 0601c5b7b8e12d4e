using System.Text;
using System.Text.Json;
using Azure.Storage.Blobs.Models;
using Serverless.Learning;
using Serverless.Learning.Adapters;
using Serverless.Local.Journal;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>Recipes: jobs whose stages start from each other's models, on the journal and a real Azurite.</summary>
public sealed class RecipeTests(AzuriteFixture azurite) : IDisposable
{
    private static readonly AdapterRequest Lora = new() { Type = AdapterKind.Lora, Rank = 4, Dropout = 0.1 };
    private static readonly AdapterRequest Full = new() { Type = AdapterKind.Full };

    private static readonly JsonElement Right = JsonSerializer.SerializeToElement(new
    {
        type = "string_check", name = "right", operation = "eq", input = "{{sample.output_text}}", reference = "{{item.messages[-1].content}}",
    });

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Two_stages_in_chunks_of_any_size_give_the_weights_of_two_jobs_one_after_the_other()
    {
        var weights = new HashSet<string>();
        foreach (var (settings, journal) in ChunkSizes.Any)
        {
            await using var head = await StartAsync(settings, journal);
            var (chats, pairs) = (await head.UploadAsync(MethodData.Of(MethodType.Supervised, 18)), await head.UploadAsync(MethodData.Of(MethodType.Dpo, 14), "pairs.jsonl"));
            var recipe = await RunAsync(head, chats, null, Stage(MethodType.Supervised, 2, Lora), Stage(MethodType.Dpo, 2, Full, pairs));
            weights.Add(await head.WeightsAsync(recipe));
            await AssertNumberedOnAsync(head, recipe, (0, 10), (10, 18));
            if (weights.Count == 1 && settings is null && journal is null)
                weights.Add(await OneAfterTheOtherAsync(head, chats, pairs, recipe));
        }
        Assert.Single(weights);
    }

    [Fact]
    public async Task A_recipe_that_waits_in_its_second_stage_goes_on_in_another_process_and_ends_as_if_nothing_had_happened()
    {
        var ends = new List<string>();
        foreach (var waits in (bool[])[false, true])
        {
            var account = await azurite.NewAccountAsync();
            JobRecord job;
            await using (var head = await PipelineHead.StartAsync(account, NewFolder(), new PipelineSettings { ChunkSteps = waits ? 7 : null }))
            {
                var chats = await head.UploadAsync(MethodData.Of(MethodType.Supervised, 16));
                job = await head.CreateAsync(chats, chats, Recipe(Stage(MethodType.Supervised, 1, Full), Stage(MethodType.Supervised, 50, Lora)));
                if (waits)
                {
                    await head.UntilStepAsync(job.Id, 6);
                    await head.Jobs.PauseAsync(job.Id, default);
                    job = await head.UntilAsync(job.Id, JobStatus.Paused);
                    Assert.Equal(1, job.Stage);
                }
            }
            await using var next = await PipelineHead.StartAsync(account, NewFolder());
            if (waits)
                await next.Jobs.ResumeAsync(job.Id, default);
            job = await next.UntilAsync(job.Id, JobStatus.Succeeded);
            await AssertNumberedOnAsync(next, job, (0, 4), (4, 204));
            ends.Add(await next.WeightsAsync(job));
        }
        Assert.Equal(ends[0], ends[1]);
    }

    [Fact]
    public async Task A_recipe_that_is_cancelled_in_its_second_stage_leaves_what_the_first_led_to()
    {
        await using var head = await StartAsync(new PipelineSettings { ChunkSteps = 7 });
        var chats = await head.UploadAsync(MethodData.Of(MethodType.Supervised, 16));
        var job = await head.CreateAsync(chats, with: Recipe(Stage(MethodType.Supervised, 1, Lora), Stage(MethodType.Supervised, 50, Full)));
        await head.UntilStepAsync(job.Id, 6);
        await head.Jobs.CancelAsync(job.Id, default);
        job = await head.UntilAsync(job.Id, JobStatus.Cancelled);

        var result = job.Stages[0].Result!.Value;
        Assert.Equal(ModelId.Published("tiny", "local", null, job.Id, 4), result);
        Assert.Equal((1, result, (int?)null), (job.Stage, job.Stages[1].Model!.Value, job.Stages[1].LastStep));
        Assert.Null(job.FineTunedModel);
        Assert.Equal(ModelKind.Checkpoint, (await head.Get<ModelCatalog>().FindAsync(result, default))!.Kind);
    }

    [Fact]
    public async Task A_recipe_that_is_cancelled_while_a_stages_model_is_uploaded_leaves_no_file_of_it_and_keeps_the_checkpoint()
    {
        var call = new InterruptedCall("PUT", "-models/published/", "comp=blocklist") { Skip = 1 };
        var account = call.Open(azurite, await azurite.NewPrefixAsync());
        await account.CreateContainersAsync(default);
        // Each upload of a file is a call of its own.
        await using var head = await PipelineHead.StartAsync(account, NewFolder(), journal: new JournalSettings { ActivityBudget = TimeSpan.FromMilliseconds(1) });
        var chats = await head.UploadAsync(MethodData.Of(MethodType.Supervised, 16));
        var uploaded = new List<string>();
        JobRecord? job = null;
        var created = new TaskCompletionSource();
        call.Before = async () =>
        {
            await created.Task;
            await foreach (var blob in account.Models.GetBlobsAsync(new GetBlobsOptions { Prefix = "published/" }))
                uploaded.Add(blob.Name);
            await head.Jobs.CancelAsync(job!.Id, default);
        };
        job = await head.CreateAsync(chats, with: Recipe(Stage(MethodType.Supervised, 1, Lora), Stage(MethodType.Supervised, 1, Full)));
        created.SetResult();
        job = await head.UntilAsync(job.Id, JobStatus.Cancelled);
        await FineTuneTests.UntilSaidAsync(head, job.Id, "Fine-tuning job cancelled");

        Assert.Single(uploaded);
        Assert.Equal((0, (ModelId?)null), (job.Stage, job.Stages[0].Result));
        Assert.Empty(await PublishedAsync());
        // Whoever asks for it gets it made anew, as for any other checkpoint.
        var model = await head.Get<CheckpointModels>().FindAsync(ModelId.Published("tiny", "local", null, job.Id, 4), default);
        Assert.Equal(model!.Parts.Select(part => $"{model.Folder}/{part.Path}").Order(), await PublishedAsync());

        async Task<List<string>> PublishedAsync()
        {
            var names = new List<string>();
            await foreach (var blob in account.Models.GetBlobsAsync(new GetBlobsOptions { Prefix = "published/" }))
                names.Add(blob.Name);
            return [.. names.Order()];
        }
    }

    [Fact]
    public async Task Result_files_that_a_job_does_not_name_when_it_is_cancelled_are_removed_and_those_that_it_names_stay()
    {
        await using var head = await StartAsync(new PipelineSettings { ChunkSteps = 7 });
        var (store, files) = (head.Get<FileStore>(), head.Get<FileCatalog>());
        var chats = await head.UploadAsync(TinyModel.Dataset(36));
        var job = await head.CreateAsync(chats, with: Recipe(ColdStart, Rejection(), Stage(MethodType.Supervised, 50, Full)));
        await head.UntilAsync(job.Id, now => now.Stage == 2, "the third stage");
        using var content = new MemoryStream("step\n"u8.ToArray());
        var left = await store.StoreResultAsync(job.Id.Value, job.CreatedAt, "step_metrics.csv", content, default);

        await head.Jobs.CancelAsync(job.Id, default);
        await FineTuneTests.UntilSaidAsync(head, job.Id, "Fine-tuning job cancelled");

        Assert.Null(await files.FindAsync(left.Id, default));
        job = (await head.JobCatalog.FindAsync(job.Id, default))!;
        var taught = Assert.Single(job.Stages[1].ResultFiles);
        Assert.Equal("stage-2-distilled.jsonl", (await files.FindAsync(taught, default))!.Name);
        Assert.NotNull(await files.FindAsync(chats, default));
    }

    [Fact]
    public async Task The_recipe_of_R1_runs_to_its_end_with_each_stage_evaluated()
    {
        var ends = new HashSet<string>();
        foreach (var settings in ((PipelineSettings?[])[null, new PipelineSettings { ChunkSteps = 7 }]))
        {
            await using var head = await StartAsync(settings);
            var (chats, prompts) = (await head.UploadAsync(TinyModel.Dataset(36)), await head.UploadAsync(MethodData.Of(MethodType.Reinforcement, 12), "prompts.jsonl"));
            var policy = Stage(MethodType.Reinforcement, 1, Full, prompts);
            policy = policy with { Method = policy.Method with { Hyperparameters = policy.Method.Hyperparameters with { LearningRate = 1e-4 } } };
            var job = await RunAsync(
                head, chats, await head.UploadAsync(MethodData.Of(MethodType.Reinforcement, 11), "valid.jsonl"), ColdStart, policy, Rejection(), policy);

            var metrics = await head.Get<JobLog>().ListMetricsAsync(job.Id, 0, default);
            Assert.Equal(Enumerable.Range(1, metrics.Count), metrics.Select(step => step.Step));
            Assert.Equal([0, 108, 111], job.Stages.Take(3).Select(stage => stage.StepsBefore));
            Assert.Equal(metrics.Count, job.Stages[3].LastStep);
            // The reference is the policy that a stage starts from.
            Assert.All([108, job.Stages[3].StepsBefore], before => Assert.Equal(0.0, metrics[before].Figures["kl"]));
            Assert.Equal(job.Stages.Take(3).Select(stage => stage.Result), job.Stages.Skip(1).Select(stage => stage.Model));
            Assert.Equal(job.FineTunedModel, job.Stages[3].Result);
            Assert.Contains("reward", job.Stages[1].Figures.Keys);
            Assert.Equal(metrics.Sum(step => (long)step.Tokens), job.TrainedTokens);
            var results = new List<FileRecord>();
            foreach (var id in job.ResultFiles)
                results.Add((await head.Get<FileCatalog>().FindAsync(id, default))!);
            Assert.Equal(["step_metrics.csv", "stage-2-rollouts.jsonl", "stage-3-distilled.jsonl", "stage-4-rollouts.jsonl"], results.Select(result => result.Name));
            await AssertToldAsync(head, job);
            await AssertEvaluatedAsync(head, job);
            ends.Add(await head.WeightsAsync(job) + string.Join(' ', results.Skip(1).Select(result => result.Sha256)));
        }
        Assert.Single(ends);
    }

    [Fact]
    public async Task Chunks_that_end_in_the_middle_of_a_second_stages_rollout_change_no_byte()
    {
        var ends = new HashSet<string>();
        foreach (var journal in ((JournalSettings?[])[null, new JournalSettings { ActivityBudget = TimeSpan.FromMilliseconds(1) }]))
        {
            await using var head = await StartAsync(journal: journal);
            var prompts = await head.UploadAsync(MethodData.Of(MethodType.Reinforcement, 12), "prompts.jsonl");
            var job = await RunAsync(head, await head.UploadAsync(MethodData.Of(MethodType.Supervised, 12)), null, Stage(MethodType.Supervised, 1, Full), Stage(MethodType.Reinforcement, 1, Full, prompts));
            var rollouts = await head.Get<FileCatalog>().FindAsync(job.ResultFiles[1], default);
            Assert.Equal("stage-2-rollouts.jsonl", rollouts!.Name);
            ends.Add(await head.WeightsAsync(job) + rollouts.Sha256);
        }
        Assert.Single(ends);
    }

    [Fact]
    public async Task A_stage_teaches_another_student_as_a_job_of_its_own_would_and_the_stages_after_it_go_on_with_that()
    {
        var ends = new HashSet<string>();
        foreach (var settings in ((PipelineSettings?[])[null, new PipelineSettings { ChunkSteps = 7 }]))
        {
            await using var head = await StartAsync(settings);
            // Of another shape, so that nothing of the one fits the other.
            var small = new ModelId("small");
            await head.Get<ModelStore>().SeedBaseAsync(small.Value, TinyModel.Write(NewFolder(), seed: 5, layers: 1), default);
            var chats = await head.UploadAsync(TinyModel.Dataset(36));
            var student = Rejection() with { Model = small, Adapter = Full };
            var recipe = await RunAsync(head, chats, chats, ColdStart, student, Stage(MethodType.Supervised, 1, Lora));

            var result = recipe.Stages[0].Result!.Value;
            Assert.StartsWith("ft:tiny:local::", result.Value, StringComparison.Ordinal);
            Assert.Equal([null, small, recipe.Stages[1].Result], recipe.Stages.Select(stage => stage.Model));
            Assert.Equal($"ft:small:local::{recipe.Id.Value[^8..]}:ckpt-step-{recipe.Stages[1].LastStep}", recipe.Stages[1].Result!.Value.Value);
            Assert.Equal($"ft:small:local::{recipe.Id.Value[^8..]}", recipe.FineTunedModel!.Value.Value);
            Assert.Equal(small, (await head.Get<ModelCatalog>().FindAsync(recipe.FineTunedModel.Value, default))!.BaseModel);
            Assert.Single(
                await head.MessagesAsync(recipe.Id), $"Stage 1 of 3, supervised, has led to {result}; stage 2 of 3, distillation, teaches what that answers to small");
            // The checkpoints of either model are found by their names, and are of their shape.
            foreach (var checkpoint in (await head.Get<JobLog>().ReadHeadAsync(recipe.Id, default))!.Checkpoints)
            {
                var name = ModelId.Published(checkpoint.Step <= recipe.Stages[0].LastStep ? "tiny" : "small", "local", null, recipe.Id, checkpoint.Step);
                Assert.NotNull(await head.Get<CheckpointModels>().FindAsync(name, default));
            }

            var taught = await head.CreateAsync(chats, chats, request => request with
            {
                Model = small, Adapter = Full, Method = student.Method with { Distillation = student.Method.Distillation! with { Teacher = result.Value } },
            });
            taught = await head.UntilAsync(taught.Id, JobStatus.Succeeded);
            var next = await head.CreateAsync(chats, chats, request => request with { Model = taught.FineTunedModel!.Value, Adapter = Lora, Method = MethodData.Request(MethodType.Supervised) });
            next = await head.UntilAsync(next.Id, JobStatus.Succeeded);
            Assert.Equal(await head.WeightsAsync(next), await head.WeightsAsync(recipe));

            var evaluations = head.Get<JobEvaluations>();
            var (whole, alone) = ((await evaluations.FindAsync(recipe.Id, default))!, (await evaluations.FindAsync(taught.Id, default))!);
            Assert.Equal((alone.Base.Scores, alone.Tuned.Scores), (whole.Base.Scores, whole.Of(1).Scores));
            Assert.NotEqual(whole.Base.Scores, whole.Of(0).Scores);
            var model = await head.Get<ModelCatalog>().FindAsync(recipe.FineTunedModel.Value, default);
            await using var stream = await head.Get<ModelStore>().OpenAsync(model!, model!.Parts.Single(part => part.Path == "README.md"), default);
            Assert.Contains("Made from small by a recipe of 3 stages", await new StreamReader(stream, Encoding.UTF8).ReadToEndAsync(), StringComparison.Ordinal);
            ends.Add(await head.WeightsAsync(recipe));
        }
        Assert.Single(ends);
    }

    [Fact]
    public async Task A_student_that_does_not_exist_is_refused_by_its_stage()
    {
        await using var head = await StartAsync();
        var chats = await head.UploadAsync(MethodData.Of(MethodType.Supervised, 12));
        var lost = await Assert.ThrowsAsync<InputError>(() => head.CreateAsync(chats, with: Recipe(ColdStart, Rejection() with { Model = new ModelId("none") })));
        Assert.Equal(
            ("The model 'none' does not exist or is not available for fine-tuning", "method.recipe.stages[1].model", "model_not_available"), (lost.Message, lost.Parameter, lost.Code));
    }

    [Fact]
    public async Task A_fault_of_a_stage_fails_the_job_before_it_starts_and_names_the_stage()
    {
        await using var head = await StartAsync();
        var (chats, prompts) = (await head.UploadAsync(MethodData.Of(MethodType.Supervised, 12)), await head.UploadAsync(MethodData.Of(MethodType.Reinforcement, 12), "prompts.jsonl"));
        var faulty = await head.UploadAsync(MethodData.Of(MethodType.Supervised, 12) + "{\"messages\": []}\n", "faulty.jsonl");
        foreach (var (stage, validation, field, code, message) in new[]
        {
            (Stage(MethodType.Reinforcement, 1, Full), (FileId?)null, "training_file", "invalid_training_file",
                "found chat data in train.jsonl (line 1 has messages); allowed with method reinforcement: reinforcement"),
            (Stage(MethodType.Reinforcement, 1, Full, prompts), chats, "validation_file", "invalid_validation_file",
                "found chat data in train.jsonl (line 1 has messages); allowed with method reinforcement: reinforcement"),
            (Stage(MethodType.Supervised, 1, Full, faulty), null, "training_file", "invalid_training_file", "faulty.jsonl line 13, messages: found an empty array; allowed: at least one message"),
        })
        {
            var job = await head.CreateAsync(chats, validation, Recipe(Stage(MethodType.Supervised, 1, Full), stage));
            job = await head.UntilAsync(job.Id, JobStatus.Failed);
            Assert.Equal(
                (code, $"method.recipe.stages[1].{field}: {message}", $"method.recipe.stages[1].{field}", (DateTimeOffset?)null),
                (job.Error!.Code, job.Error.Message, job.Error.Param, job.StartedAt));
        }
        var lost = await Assert.ThrowsAsync<InputError>(() => head.CreateAsync(chats, with: Recipe(Taught("socrates"))));
        Assert.Equal("method.recipe.stages[0].distillation.teacher", lost.Parameter);
        Assert.StartsWith("method.recipe.stages[0].distillation.teacher: found 'socrates'; allowed: ", lost.Message, StringComparison.Ordinal);
        lost = await Assert.ThrowsAsync<InputError>(() => head.CreateAsync(chats, with: Recipe(Stage(MethodType.Supervised, 1, Full, new FileId("file-none")))));
        Assert.Equal(("invalid method.recipe.stages[0].training_file: file-none", "method.recipe.stages[0].training_file"), (lost.Message, lost.Parameter));
    }

    public void Dispose() => _folder.Dispose();

    private static RecipeStageRequest ColdStart => Stage(MethodType.Supervised, 12, Full) is var stage
        ? stage with { Method = stage.Method with { Hyperparameters = stage.Method.Hyperparameters with { LearningRate = 1e-2 } } } : stage;

    private static RecipeStageRequest Rejection() =>
        Taught(DistillationRequest.Previous) is var stage ? stage with { Adapter = Lora, Method = stage.Method with { Grader = Right } } : stage;

    private static RecipeStageRequest Taught(string teacher) => new()
    {
        Method = MethodData.Request(MethodType.Distillation) with { Distillation = new DistillationRequest { Teacher = teacher, Samples = 3, MaxAnswerTokens = 12 } },
    };

    private static RecipeStageRequest Stage(MethodType method, int epochs, AdapterRequest adapter, FileId? training = null) =>
        new() { Method = MethodData.Request(method, epochs), Adapter = adapter, TrainingFile = training };

    private static Func<JobRequest, JobRequest> Recipe(params RecipeStageRequest[] stages) =>
        request => request with { Method = new JobMethod { Type = MethodType.Recipe }, Stages = [.. stages] };

    private static async Task<JobRecord> RunAsync(PipelineHead head, FileId training, FileId? validation, params RecipeStageRequest[] stages)
    {
        var job = await head.CreateAsync(training, validation, Recipe(stages));
        return await head.UntilAsync(job.Id, JobStatus.Succeeded);
    }

    /// <summary>The weights of the second of two jobs that do what the stages of the recipe did.</summary>
    private static async Task<string> OneAfterTheOtherAsync(PipelineHead head, FileId chats, FileId pairs, JobRecord recipe)
    {
        var first = await head.CreateAsync(chats, with: request => request with { Method = MethodData.Request(MethodType.Supervised, 2), Adapter = Lora });
        first = await head.UntilAsync(first.Id, JobStatus.Succeeded);
        var between = await head.Get<ModelCatalog>().FindAsync(recipe.Stages[0].Result!.Value, default);
        Assert.Equal(await head.WeightsAsync(first), between!.Parts.Single(part => part.Path == "model.safetensors").Sha256);
        var second = await head.CreateAsync(pairs, with: request => request with { Model = first.FineTunedModel!.Value, Method = MethodData.Request(MethodType.Dpo, 2), Adapter = Full });
        second = await head.UntilAsync(second.Id, JobStatus.Succeeded);
        var log = head.Get<JobLog>();
        var apart = (await log.ListMetricsAsync(first.Id, 0, default)).Concat(await log.ListMetricsAsync(second.Id, 0, default));
        Assert.Equal(apart.Select(step => step.TrainLoss), (await log.ListMetricsAsync(recipe.Id, 0, default)).Select(step => step.TrainLoss));
        // Every checkpoint answers, whatever stage it is of.
        foreach (var checkpoint in (await log.ReadHeadAsync(recipe.Id, default))!.Checkpoints)
            Assert.NotNull(await head.Get<CheckpointModels>().FindAsync(ModelId.Published("tiny", "local", null, recipe.Id, checkpoint.Step), default));
        var last = await head.Get<ModelCatalog>().FindAsync(ModelId.Published("tiny", "local", null, recipe.Id, recipe.Stages[1].LastStep), default);
        Assert.Equal(await head.WeightsAsync(recipe), last!.Parts.Single(part => part.Path == "model.safetensors").Sha256);
        return await head.WeightsAsync(second);
    }

    /// <summary>Steps, checkpoints and result file go on through the stages without gaps or doubles.</summary>
    private static async Task AssertNumberedOnAsync(PipelineHead head, JobRecord job, params (int Before, int Last)[] stages)
    {
        Assert.Equal(stages, job.Stages.Select(stage => (stage.StepsBefore, stage.LastStep!.Value)));
        var steps = Enumerable.Range(1, stages[^1].Last).ToList();
        Assert.Equal(steps, (await head.Get<JobLog>().ListMetricsAsync(job.Id, 0, default)).Select(step => step.Step));
        var checkpoints = (await head.Get<JobLog>().ReadHeadAsync(job.Id, default))!.Checkpoints.Select(checkpoint => checkpoint.Step).ToList();
        Assert.Equal(checkpoints.Distinct().Order(), checkpoints);
        Assert.All(stages, stage => Assert.Contains(stage.Last, checkpoints));
        await using var content = await head.Get<FileStore>().OpenAsync(job.ResultFiles[0], 0, default);
        using var reader = new StreamReader(content!, Encoding.UTF8);
        var lines = (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1);
        Assert.Equal(steps.Select(step => step.ToString(null, null as IFormatProvider)), lines.Select(line => line.Split(',')[0]));
        var messages = await head.MessagesAsync(job.Id);
        Assert.Contains(messages, message => message.StartsWith($"Step {stages[^1].Before + 1}/{stages[^1].Last}: training loss=", StringComparison.Ordinal));
        Assert.Contains(messages, message => message.StartsWith($"Step 1/{stages[^1].Last}: training loss=", StringComparison.Ordinal));
    }

    private static async Task AssertToldAsync(PipelineHead head, JobRecord job)
    {
        var messages = await head.MessagesAsync(job.Id);
        foreach (var message in (string[])
            [
                $"Stage 1 of 4, supervised, has led to {job.Stages[0].Result}; stage 2 of 4, reinforcement, starts from there",
                $"Stage 2 of 4, reinforcement, has led to {job.Stages[1].Result}; stage 3 of 4, distillation, starts from there",
                $"The teacher '{job.Stages[1].Result}' answers 36 prompts, 3 times each",
                $"Stage 3 of 4, distillation, has led to {job.Stages[2].Result}; stage 4 of 4, reinforcement, starts from there",
            ])
            Assert.Single(messages, message);
    }

    private static async Task AssertEvaluatedAsync(PipelineHead head, JobRecord job)
    {
        var evaluation = await head.Get<JobEvaluations>().FindAsync(job.Id, default);
        Assert.Equal((true, 11, 11, 3), (evaluation!.Finished, evaluation.Base.Answered, evaluation.Tuned.Answered, evaluation.Stages.Length));
        Assert.All(evaluation.Stages, stage => Assert.Equal(("letter", 11), (stage.Means(7).Single().Metric, stage.Graders[0].Scores.Length)));
        Assert.Equal("letter", Assert.Single(evaluation.Comparisons).Metric);
        var model = await head.Get<ModelCatalog>().FindAsync(job.FineTunedModel!.Value, default);
        await using var stream = await head.Get<ModelStore>().OpenAsync(model!, model!.Parts.Single(part => part.Path == "README.md"), default);
        var card = await new StreamReader(stream, Encoding.UTF8).ReadToEndAsync();
        Assert.Contains("Made from tiny by a recipe of 4 stages with Serverless", card, StringComparison.Ordinal);
        Assert.Matches(@"\| 1 \| supervised fine-tuning of all weights \| 1 to 108 \| [0-9.]+ \| letter [0-9.]+ \([0-9.]+ to [0-9.]+\) \|", card);
        Assert.Contains("| stage 3: teacher | ft:tiny:local::", card.Replace("\\", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private string NewFolder() => Path.Combine(_folder.Path, Guid.NewGuid().ToString("n"));

    private async Task<PipelineHead> StartAsync(PipelineSettings? settings = null, JournalSettings? journal = null) =>
        await PipelineHead.StartAsync(await azurite.NewAccountAsync(), NewFolder(), settings, journal);
}
