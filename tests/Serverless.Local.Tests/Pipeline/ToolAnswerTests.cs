using System.Text;
using System.Text.Json;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Service.Pipeline.FineTuning.Teaching;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>Jobs whose answers call tools, on the journal and a real Azurite.</summary>
public sealed class ToolAnswerTests(AzuriteFixture azurite) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Calls_are_compared_in_an_evaluation_rewarded_in_reinforcement_and_taught()
    {
        await using var head = await PipelineHead.StartAsync(await azurite.NewAccountAsync(), Path.Combine(_folder.Path, "head"), new PipelineSettings { IntakeModel = "calling" });
        await head.Get<ModelStore>().SeedBaseAsync("calling", TinyModel.WriteCalling(Path.Combine(_folder.Path, "calling")), default);
        var chats = await head.UploadAsync(MethodData.Calls(36));
        var tuned = await head.CreateAsync(chats, chats, request => request with
        {
            Model = new ModelId("calling"), Method = new JobMethod { Hyperparameters = new Hyperparameters { Epochs = 20, BatchSize = 4, LearningRate = 1e-2 } }, Graders = [MethodData.Routes],
        });
        tuned = await head.UntilAsync(tuned.Id, JobStatus.Succeeded);
        var evaluation = (await head.Get<JobEvaluations>().FindAsync(tuned.Id, default))!;
        Assert.Equal((0, 36), (evaluation.Base.ExactShare, evaluation.Base.Graders[0].Faults));
        Assert.InRange(evaluation.Tuned.ExactShare!.Value, 0.3, 1);
        Assert.InRange(evaluation.Tuned.Graders[0].Scores.Average(), 0.5, 1);
        Assert.Equal("""<call>{"name": "route", "arguments": {"to": "billing"}}</call>""", evaluation.Tuned.Samples[0].Expected);

        var prompts = await head.UploadAsync(MethodData.Calls(12, answered: false), "prompts.jsonl");
        var asked = MethodData.Request(MethodType.Reinforcement);
        var policy = await head.CreateAsync(prompts, prompts, request => request with
        {
            Model = tuned.FineTunedModel!.Value, Method = asked with { Grader = MethodData.Routes, Policy = asked.Policy! with { MaxAnswerTokens = 60, GroupSize = 4 } },
        });
        policy = await head.UntilAsync(policy.Id, JobStatus.Succeeded);
        Assert.InRange((await head.Get<JobLog>().ListMetricsAsync(policy.Id, 0, default))[0].Figures["reward"], 0.5, 1);
        Assert.InRange((await head.Get<JobEvaluations>().FindAsync(policy.Id, default))!.Base.Graders[0].Scores.Average(), 0.5, 1);

        var student = await head.CreateAsync(prompts, with: request => request with
        {
            Model = new ModelId("calling"),
            Method = MethodData.Request(MethodType.Distillation) with { Distillation = new DistillationRequest { Teacher = tuned.FineTunedModel!.Value.Value, MaxAnswerTokens = 60 }, Grader = MethodData.Routes },
        });
        student = await head.UntilAsync(student.Id, JobStatus.Succeeded);
        await using var content = await head.Get<FileStore>().OpenAsync(TaughtFiles.IdOf(student), 0, default);
        using var reader = new StreamReader(content!, Encoding.UTF8);
        var line = JsonDocument.Parse((await reader.ReadLineAsync(TestContext.Current.CancellationToken))!).RootElement.GetProperty("messages")[1];
        Assert.Equal(("route", JsonValueKind.Null), (line.GetProperty("tool_calls")[0].GetProperty("function").GetProperty("name").GetString(), line.GetProperty("content").ValueKind));
    }

    public void Dispose() => _folder.Dispose();
}
