using System.Collections.Immutable;
using System.Diagnostics;
using Serverless.Learning.Data;
using Serverless.Learning.Evaluation;
using Serverless.Learning.Grading;
using Serverless.Learning.Models;
using Serverless.Learning.Native;
using Serverless.Learning.Sampling;
using Serverless.Learning.Text;
using Serverless.Service.Models;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Local.Demo;

/// <summary>Scores models of the catalog on a test set that no training has seen.</summary>
internal sealed class TestBench(ModelCatalog catalog, ModelStore store, JobFolders folders)
{
    /// <summary>Labels are short; what runs on longer is wrong anyway.</summary>
    public const int MostAnswerTokens = 24;

    private const int AnswersTogether = 32;

    /// <summary>Loss, token accuracy and exact answers of a model.</summary>
    public async Task<TestScores> ScoreAsync(ModelId id, ImmutableArray<ChatExample> test, CancellationToken ct)
    {
        var folder = await FolderAsync(id, ct);
        return await OnOneThread(() =>
        {
            using var model = LanguageModel.Load(folder);
            var tokens = Evaluator.Score(model, [.. test.SelectMany(model.Chat.EncodeExample)], ct);
            var clock = Stopwatch.StartNew();
            var answers = Evaluator.Answers(model, test, MostAnswerTokens, ct);
            return new TestScores(tokens, [.. answers.Select(answer => answer.Exact)], clock.Elapsed);
        });
    }

    /// <summary>Whether the right label of each example has the highest likelihood among all labels.</summary>
    public async Task<IReadOnlyList<bool>> LikeliestAsync(ModelId id, ImmutableArray<ChatExample> test, IReadOnlyList<string> labels, CancellationToken ct)
    {
        var folder = await FolderAsync(id, ct);
        return await OnOneThread<IReadOnlyList<bool>>(() =>
        {
            using var model = LanguageModel.Load(folder);
            var answers = Evaluator.LikeliestOf(model, test, labels, ct);
            return [.. answers.Select(answer => answer.Exact)];
        });
    }

    /// <summary>What graders give to a model's greedy answers to a file of prompts.</summary>
    public async Task<IReadOnlyList<GraderScores>> GradeAsync(ModelId id, string promptsPath, IReadOnlyList<Grader> graders, int maxTokens, CancellationToken ct)
    {
        var folder = await FolderAsync(id, ct);
        return await OnOneThread<IReadOnlyList<GraderScores>>(() =>
        {
            using var file = File.OpenRead(promptsPath);
            PromptExample[] prompts = [.. DatasetReader.Read(file, Path.GetFileName(promptsPath), DatasetFormat.Reinforcement).Cast<PromptExample>()];
            using var model = LanguageModel.Load(folder);
            var sampling = SamplingOptions.Greedy(maxTokens);
            GenerationRequest[] requests = [.. prompts.Select(prompt => new GenerationRequest(model.Chat.EncodePrompt(prompt), sampling))];
            var answers = new TextGenerator(model).Generate(requests, AnswersTogether, ct).Zip(requests, (answer, request) => Thought.Whole(model.Chat, request.Prompt, answer.Text)).ToList();
            return [.. graders.Select(grader => new GraderScores(grader.Name, [.. prompts.Zip(answers, (prompt, answer) => grader.Grade(prompt.Item, new GraderSample(answer)).Score)]))];
        });
    }

    private async Task<string> FolderAsync(ModelId id, CancellationToken ct) =>
        await store.DownloadAsync((await catalog.FindAsync(id, ct))!, folders.Models, ct);

    // A thread of its own, which ends afterwards and takes libtorch's memory for it along.
    private static Task<T> OnOneThread<T>(Func<T> work)
    {
        NativeRuntime.EnsureLoaded();
        return Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }
}
