using System.Text.Json;
using Serverless.Learning.Sampling;
using Serverless.Learning.Text;
using Serverless.Service.Inference;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>Jobs of a model whose template opens the thinking in the prompt, on the journal and a real Azurite.</summary>
public sealed class ThoughtTests(AzuriteFixture azurite) : IDisposable
{
    private static readonly JsonElement Thinks = JsonSerializer.SerializeToElement(new { type = "format", name = "thinks", builtin = "think" });

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Answers_are_right_by_what_follows_their_thinking_and_graders_see_all_of_it()
    {
        await using var head = await PipelineHead.StartAsync(await azurite.NewAccountAsync(), Path.Combine(_folder.Path, "head"), new PipelineSettings { EvaluatedAnswerTokens = 24 });
        await head.Get<ModelStore>().SeedBaseAsync("thinking", TinyModel.WriteThinking(Path.Combine(_folder.Path, "thinking")), default);
        var chats = await head.UploadAsync(TinyModel.Dataset(36));
        // The conversations have no thinking: what is learned is an empty thought, closed at once, and the answer.
        var tuned = await head.CreateAsync(chats, chats, request => request with
        {
            Model = new ModelId("thinking"), Method = new JobMethod { Hyperparameters = new Hyperparameters { Epochs = 12, BatchSize = 4, LearningRate = 1e-2 } },
        });
        tuned = await head.UntilAsync(tuned.Id, JobStatus.Succeeded);
        var evaluation = await head.Get<JobEvaluations>().FindAsync(tuned.Id, default);
        Assert.InRange(evaluation!.Tuned.ExactShare!.Value, 0.3, 1);
        Assert.All(evaluation.Tuned.Samples, sample => Assert.StartsWith("<think>\n", sample.Answer, StringComparison.Ordinal));
        Assert.All(await head.SamplesAsync(tuned.Id), data => Assert.All(
            data.GetProperty("samples").EnumerateArray(), sample => Assert.StartsWith("<think>\n", sample.GetProperty("answer").GetString(), StringComparison.Ordinal)));

        var prompts = await head.UploadAsync(string.Concat(TinyModel.Dataset(12).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(WithoutAnswer)), "prompts.jsonl");
        var asked = MethodData.Request(MethodType.Reinforcement);
        var policy = await head.CreateAsync(prompts, prompts, request => request with
        {
            Model = tuned.FineTunedModel!.Value, Method = asked with { Grader = Thinks, Policy = asked.Policy! with { MaxAnswerTokens = 24, GroupSize = 4 } },
        });
        policy = await head.UntilAsync(policy.Id, JobStatus.Succeeded);
        // Without the opening no answer would have the form.
        Assert.True((await head.Get<JobLog>().ListMetricsAsync(policy.Id, 0, default))[0].Figures["reward"] > 0.5);
        Assert.True((await head.Get<JobEvaluations>().FindAsync(policy.Id, default))!.Base.Graders[0].Scores.Average() > 0.5);

        var model = (await head.Get<ModelCatalog>().FindAsync(tuned.FineTunedModel!.Value, default))!;
        var answers = await head.Get<BatchGenerator>().AnswerAsync(
            model, [[new ChatMessage { Role = "user", Content = "billing" }], [new ChatMessage { Role = "user", Content = "shipping" }]], SamplingOptions.Greedy(8), TestContext.Current.CancellationToken);
        Assert.All(answers, answer => Assert.StartsWith("<think>\n", answer.Text, StringComparison.Ordinal));
        Assert.All(answers, answer => Assert.InRange(answer.CompletionTokens, 1, 8));
    }

    public void Dispose() => _folder.Dispose();

    private static string WithoutAnswer(string line)
    {
        var messages = JsonDocument.Parse(line).RootElement.GetProperty("messages").EnumerateArray().SkipLast(1);
        return JsonSerializer.Serialize(new { messages }) + "\n";
    }
}
