using System.Text;
using System.Text.Json;
using Serverless.Learning;
using Serverless.Learning.Adapters;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Network;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>Jobs that start from what other jobs made: whole models, merged adapters, checkpoints.</summary>
public sealed class ContinuedJobTests(AzuriteFixture azurite) : IDisposable
{
    private static readonly AdapterRequest Lora = new() { Type = AdapterKind.Lora, Rank = 4 };
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Every_method_goes_on_from_a_published_model_or_a_checkpoint_of_any_method_and_keeps_the_bases_name()
    {
        await using var server = await TeacherServer.StartAsync((number, _) => Task.FromResult(TeacherServer.Says($"see {number}")));
        await using var head = await StartAsync(server);
        var files = await FilesAsync(head);
        var full = await DoneAsync(head, files, MethodType.Supervised, PipelineHead.Tiny, new AdapterRequest { Type = AdapterKind.Full });
        var merged = await DoneAsync(head, files, MethodType.Supervised, PipelineHead.Tiny, Lora);
        ModelId[] starts = [full.FineTunedModel!.Value, merged.FineTunedModel!.Value];
        foreach (var method in Methods)
        {
            var (next, adapter) = method is MethodType.Dpo or MethodType.Pretraining or MethodType.Recipe ? (starts[0], Lora) : (starts[1], new AdapterRequest { Type = AdapterKind.Full });
            var job = await DoneAsync(head, files, method, next, adapter);
            Assert.Equal((next, PipelineHead.Tiny), (job.Model, job.BaseModel));
            Assert.Equal($"ft:tiny:local::{job.Id.Value[^8..]}", job.FineTunedModel!.Value.Value);

            var checkpoint = ModelId.Published("tiny", "local", null, job.Id, (await head.Get<JobLog>().ReadHeadAsync(job.Id, default))!.Step);
            var last = await DoneAsync(head, files, MethodType.Supervised, checkpoint, adapter);
            Assert.Equal((checkpoint, PipelineHead.Tiny), (last.Model, last.BaseModel));
            Assert.Equal($"ft:tiny:local::{last.Id.Value[^8..]}", last.FineTunedModel!.Value.Value);
            Assert.Equal(await head.WeightsAsync(job), (await head.Get<ModelCatalog>().FindAsync(checkpoint, default))!.Parts.Single(part => part.Path == "model.safetensors").Sha256);
        }
    }

    [Fact]
    public async Task Every_method_starts_from_a_checkpoint_that_nobody_has_asked_for_before_and_from_its_very_weights()
    {
        await using var server = await TeacherServer.StartAsync((number, _) => Task.FromResult(TeacherServer.Says($"see {number}")));
        await using var head = await StartAsync(server);
        var files = await FilesAsync(head);
        var full = new AdapterRequest { Type = AdapterKind.Full };
        foreach (var method in Methods)
        {
            // Each from a checkpoint of a job of its own: what another job asked for would be a model already.
            var first = await DoneAsync(head, files, MethodType.Supervised, PipelineHead.Tiny, full);
            var checkpoint = ModelId.Published("tiny", "local", null, first.Id, (await head.Get<JobLog>().ReadHeadAsync(first.Id, default))!.Step);
            Assert.Null(await head.Get<ModelCatalog>().FindAsync(checkpoint, default));
            var job = await DoneAsync(head, files, method, checkpoint, full);
            Assert.Equal((checkpoint, PipelineHead.Tiny), (job.Model, job.BaseModel));
            Assert.Equal($"ft:tiny:local::{job.Id.Value[^8..]}", job.FineTunedModel!.Value.Value);
            // The same from the published model, whose weights are the checkpoint's.
            var same = await DoneAsync(head, files, method, first.FineTunedModel!.Value, full);
            // The teacher says something else each time.
            if (method != MethodType.Distillation)
                Assert.Equal(await head.WeightsAsync(job), await head.WeightsAsync(same));
            Assert.NotEqual(await head.WeightsAsync(first), await head.WeightsAsync(job));
        }
    }

    [Theory]
    [InlineData(AdapterKind.Full)]
    [InlineData(AdapterKind.Lora)]
    public async Task A_job_begins_exactly_where_the_model_that_it_starts_from_ended(AdapterKind kind)
    {
        await using var head = await StartAsync();
        var (chats, pairs) = (await head.UploadAsync(MethodData.Of(MethodType.Supervised, 12)), await head.UploadAsync(MethodData.Of(MethodType.Dpo, 12)));
        var adapter = kind == AdapterKind.Full ? new AdapterRequest { Type = kind } : Lora;
        var first = await head.CreateAsync(chats, chats, request => request with { Adapter = adapter, Method = MethodData.Request(MethodType.Supervised) });
        first = await head.UntilAsync(first.Id, JobStatus.Succeeded);
        var next = await head.CreateAsync(chats, chats, request => request with
        {
            Adapter = adapter, Method = MethodData.Request(MethodType.Supervised), Model = first.FineTunedModel!.Value,
        });
        next = await head.UntilAsync(next.Id, JobStatus.Succeeded);

        var evaluations = head.Get<JobEvaluations>();
        var (before, after) = (await evaluations.FindAsync(first.Id, default), await evaluations.FindAsync(next.Id, default));
        Assert.Equal(before!.Tuned.Scores, after!.Base.Scores);
        Assert.True(after.Tuned.Scores.Loss < after.Base.Scores.Loss);
        var preferences = await head.CreateAsync(pairs, with: request => request with
        {
            Adapter = adapter, Method = MethodData.Request(MethodType.Dpo), Model = next.FineTunedModel!.Value,
        });
        preferences = await head.UntilAsync(preferences.Id, JobStatus.Succeeded);
        var steps = await head.Get<JobLog>().ListMetricsAsync(preferences.Id, 0, default);
        Assert.Equal((0.0, 0.5), (steps[0].Figures["reward_margin"], steps[0].Figures["reward_accuracy"]));
    }

    [Fact]
    public async Task An_adapter_names_the_model_that_it_was_trained_on()
    {
        await using var head = await StartAsync();
        var chats = await head.UploadAsync(MethodData.Of(MethodType.Supervised, 12));
        var start = PipelineHead.Tiny;
        for (var round = 0; round < 2; round++)
        {
            var job = await head.CreateAsync(chats, with: request => request with { Adapter = Lora, Method = MethodData.Request(MethodType.Supervised), Model = start });
            job = await head.UntilAsync(job.Id, JobStatus.Succeeded);
            Assert.Equal(start.Value, await AdapterBaseAsync(head, job));
            start = job.FineTunedModel!.Value;
        }
    }

    [Fact]
    public async Task A_model_that_is_deleted_while_its_job_waits_fails_the_job_by_name()
    {
        await using var head = await StartAsync();
        var chats = await head.UploadAsync(MethodData.Of(MethodType.Supervised, 12));
        var first = await head.CreateAsync(chats, with: request => request with { Method = MethodData.Request(MethodType.Supervised) });
        first = await head.UntilAsync(first.Id, JobStatus.Succeeded);
        var late = await head.UploadAsync(MethodData.Of(MethodType.Supervised, 40), "late.jsonl");
        var next = await head.CreateAsync(late, with: request => request with
        {
            Method = new JobMethod { Hyperparameters = new Hyperparameters { Epochs = 50, BatchSize = 1 } }, Model = first.FineTunedModel!.Value,
        });
        await head.UntilStepAsync(next.Id, 1);
        await head.Jobs.PauseAsync(next.Id, default);
        await head.UntilAsync(next.Id, JobStatus.Paused);
        await head.Get<ModelStore>().DeleteAsync(first.FineTunedModel!.Value, default);
        await head.Jobs.ResumeAsync(next.Id, default);
        next = await head.UntilAsync(next.Id, JobStatus.Failed);
        Assert.Equal(("model_not_available", $"model: '{first.FineTunedModel}' was deleted", "model"), (next.Error!.Code, next.Error.Message, next.Error.Param));
    }

    [Fact]
    public async Task A_name_that_was_given_to_another_content_fails_the_job_that_waited_and_makes_no_model_of_a_checkpoint()
    {
        await using var head = await StartAsync();
        var done = await head.CreateAsync(await head.UploadAsync(MethodData.Of(MethodType.Supervised, 12)), with: FineTuneTests.Epochs(2));
        done = await head.UntilAsync(done.Id, JobStatus.Succeeded);
        var waiting = await head.CreateAsync(await head.UploadAsync(MethodData.Of(MethodType.Supervised, 40), "late.jsonl"), with: request => request with
        {
            Method = new JobMethod { Hyperparameters = new Hyperparameters { Epochs = 50, BatchSize = 1 } },
        });
        await head.UntilStepAsync(waiting.Id, 1);
        await head.Jobs.PauseAsync(waiting.Id, default);
        await head.UntilAsync(waiting.Id, JobStatus.Paused);
        await head.Get<ModelStore>().SeedBaseAsync(PipelineHead.Tiny.Value, TinyModel.Write(Path.Combine(_folder.Path, "other"), seed: 2), default);

        await head.Jobs.ResumeAsync(waiting.Id, default);
        waiting = await head.UntilAsync(waiting.Id, JobStatus.Failed);
        const string message = "model: 'tiny' was replaced by another content after the job had begun with it";
        Assert.Equal(("model_replaced", message, "model"), (waiting.Error!.Code, waiting.Error.Message, waiting.Error.Param));
        var checkpoint = (await head.Get<JobLog>().ReadHeadAsync(done.Id, default))!.Checkpoints[0];
        var name = ModelId.Published("tiny", "local", null, done.Id, checkpoint.Step);
        Assert.Equal(message, (await Assert.ThrowsAsync<InputError>(() => head.Get<CheckpointModels>().FindAsync(name, default))).Message);
    }

    public void Dispose() => _folder.Dispose();

    private static MethodType[] Methods =>
        [MethodType.Supervised, MethodType.Dpo, MethodType.Reinforcement, MethodType.Pretraining, MethodType.Distillation, MethodType.Recipe];

    private static async Task<Dictionary<MethodType, FileId>> FilesAsync(PipelineHead head)
    {
        var files = new Dictionary<MethodType, FileId>();
        foreach (var method in Methods)
            files[method] = await head.UploadAsync(MethodData.Of(method, 12), $"{method}.jsonl");
        return files;
    }

    private static async Task<JobRecord> DoneAsync(
        PipelineHead head, Dictionary<MethodType, FileId> files, MethodType method, ModelId model, AdapterRequest adapter)
    {
        var job = await head.CreateAsync(files[method], with: request => Asked(request, method) with { Model = model, Adapter = adapter });
        return await head.UntilAsync(job.Id, JobStatus.Succeeded);

        JobRequest Asked(JobRequest request, MethodType type) => type switch
        {
            MethodType.Distillation => request with { Method = MethodData.Request(type) with { Distillation = new DistillationRequest { Teacher = "far" } } },
            MethodType.Recipe => request with
            {
                Method = new JobMethod { Type = type },
                Stages =
                [
                    new RecipeStageRequest { Method = MethodData.Request(MethodType.Supervised), Adapter = adapter, TrainingFile = files[MethodType.Supervised] },
                    new RecipeStageRequest { Method = MethodData.Request(MethodType.Dpo), Adapter = adapter, TrainingFile = files[MethodType.Dpo] },
                ],
            },
            _ => request with { Method = MethodData.Request(type) },
        };
    }

    private static async Task<string?> AdapterBaseAsync(PipelineHead head, JobRecord job)
    {
        var model = await head.Get<ModelCatalog>().FindAsync(job.FineTunedModel!.Value, default);
        var part = model!.Parts.Single(part => part.Path == "adapter/adapter_config.json");
        await using var stream = await head.Get<ModelStore>().OpenAsync(model, part, default);
        using var config = JsonDocument.Parse(await new StreamReader(stream, Encoding.UTF8).ReadToEndAsync());
        return config.RootElement.GetProperty("base_model_name_or_path").GetString();
    }

    private async Task<PipelineHead> StartAsync(TeacherServer? server = null) => await PipelineHead.StartAsync(
        await azurite.NewAccountAsync(), Path.Combine(_folder.Path, Guid.NewGuid().ToString("n")),
        new PipelineSettings { AllowedNetworks = AllowedNetworks.Parse(["127.0.0.1"]), Teachers = server is null ? [] : [server.Endpoint] });
}
