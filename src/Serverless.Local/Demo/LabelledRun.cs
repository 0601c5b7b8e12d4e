using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Learning.Data;
using Serverless.Local.Composition;
using Serverless.Local.Tasks;
using Serverless.Service.Models;
using Serverless.Service.Pipeline.FineTuning;
using Spectre.Console;

namespace Serverless.Local.Demo;

/// <summary>
/// The main job, end to end, on a labelled task: drops the data sets, waits for their reports, posts the job, watches it, and scores base
/// and tuned model on the test set, beside the two yardsticks. Everything up to the published model goes through the container and HTTP.
/// </summary>
internal sealed class LabelledRun(LocalHead head, HeadClient client, IAnsiConsole console)
{
    /// <summary>Runs the task.</summary>
    /// <param name="request">The body of the job without its files, which this adds.</param>
    /// <param name="likelihoods">Whether the base is also scored by the likelihood of the labels, which takes a pass per label.</param>
    public async Task<LabelledOutcome> RunAsync(LabelledTask task, JsonObject request, bool likelihoods, CancellationToken ct)
    {
        var train = LabelledTask.Read(task.TrainPath);
        var test = LabelledTask.Read(task.TestPath);
        var run = new JobRun(head, client, console);
        request["training_file"] = await run.DropAsync(task.TrainPath, $"{task.Name}/train.jsonl", ct);
        request["validation_file"] = await run.DropAsync(task.ValidationPath, $"{task.Name}/validation.jsonl", ct);

        var clock = Stopwatch.StartNew();
        var job = await run.RunAsync(request, $"{request["model"]} learns from {train.Length} examples", ct);
        var id = job.GetProperty("id").GetString()!;
        var training = clock.Elapsed;

        var baseModel = new ModelId(request["model"]!.GetValue<string>());
        var tuned = new ModelId(job.GetProperty("fine_tuned_model").GetString()!);
        console.WriteLine($"Published {tuned} after {training.TotalSeconds:F0} s; scoring both models on {test.Length} held-out examples");
        return await ScoreAsync(id, baseModel, tuned, train, test, training, likelihoods, ct);
    }

    private async Task<LabelledOutcome> ScoreAsync(
        string id, ModelId baseModel, ModelId tuned, ImmutableArray<ChatExample> train, ImmutableArray<ChatExample> test, TimeSpan training,
        bool likelihoods, CancellationToken ct)
    {
        var texts = train.Select(LabelledTask.TextOf).ToList();
        var ngrams = NgramClassifier.Train(texts);
        var bench = new TestBench(
            head.Services.GetRequiredService<ModelCatalog>(), head.Services.GetRequiredService<ModelStore>(),
            head.Services.GetRequiredService<JobFolders>());
        return new LabelledOutcome(
            id, baseModel, tuned,
            await bench.ScoreAsync(baseModel, test, ct),
            await bench.ScoreAsync(tuned, test, ct),
            likelihoods ? await bench.LikeliestAsync(baseModel, test, ngrams.Labels, ct) : null,
            ngrams.Accuracy([.. test.Select(LabelledTask.TextOf)]),
            training);
    }
}
