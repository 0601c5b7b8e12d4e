using Serverless.Learning;
using Serverless.Learning.Data;
using Serverless.Learning.Models;
using Serverless.Learning.Training;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Storage;

namespace Serverless.Service.Pipeline.FineTuning.Teaching;

/// <summary>The data sets that teachers' answers make, each a result file of its job and what the job trains on.</summary>
public sealed class TaughtFiles(
    BlobAccount account, FileStore store, TaughtAnswers answers, JobPlans plans, ModelCatalog models, ModelStore modelStore,
    JobFolders folders)
{
    /// <summary>The name of the result file.</summary>
    public const string FileName = "distilled.jsonl";

    /// <summary>As many as every data set has at least.</summary>
    private const int LeastExamples = 10;

    /// <summary>The id of a job's data set; of a recipe, of the one that its present stage learns.</summary>
    public static FileId IdOf(JobRecord job) => FileId.OfResult(job.Id.Value, NameOf(job), job.CreatedAt);

    private static string NameOf(JobRecord job) => job.OwnName(FileName);

    /// <summary>Writes the answers that are learned from as a data set, stores it, and plans the training on it.</summary>
    /// <param name="blocks">The blocks of answers, all of them stored.</param>
    /// <exception cref="InputError">Too few answers are left.</exception>
    internal async Task<(TaughtCounts Counts, FileRecord File, TrainingOptions Options)> MakeAsync(JobRecord job, JobPlan plan, IReadOnlyList<TeacherPrompt> prompts, int blocks, CancellationToken ct)
    {
        var counts = new TaughtCounts();
        var byLine = prompts.ToDictionary(prompt => prompt.Line);
        var path = Path.Combine(folders.Fresh(job.Id, "taught"), FileName);
        await using var content = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
        await using (var lines = new StreamWriter(content, leaveOpen: true))
        {
            await foreach (var answer in answers.ReadAsync(job.StageId(), blocks, ct))
            {
                counts.Add(answer);
                if (answer.IsKept)
                    await lines.WriteAsync(TaughtExample.Line(byLine[answer.Line], answer.Answer, answer.ToolCalls).ToJsonString(TaughtExample.Json) + "\n");
            }
        }
        if (counts.Kept < LeastExamples)
            throw new InputError($"The teacher '{job.Method.Distillation!.Teacher}' left too little to learn: {counts}; allowed: {LeastExamples} or more", "method", "too_few_answers");
        var options = await PlanAsync(job, plan, counts, ct);
        content.Position = 0;
        var file = await store.StoreResultAsync(job.Id.Value, job.CreatedAt, NameOf(job), content, ct);
        return (counts, file, options);
    }

    /// <summary>What is <c>auto</c> is resolved again for the examples that there are.</summary>
    private async Task<TrainingOptions> PlanAsync(JobRecord job, JobPlan plan, TaughtCounts counts, CancellationToken ct)
    {
        var model = await models.FindAsync(job.Model, ct)
            ?? throw new InputError($"model: '{job.Model}' was deleted", "model", "model_not_available");
        var config = DecoderConfig.Load(await modelStore.DownloadAsync(await modelStore.WeightsOfAsync(model, ct), folders.Models, ct));
        var cursor = (await new JsonBlob<PrepareCursor>(account.Jobs.GetBlobClient($"{job.StageId()}/prepare.json")).ReadAsync(ct))!.Value.Value;
        var scan = new DatasetScan { Examples = counts.Kept, Sequences = counts.Sequences, Tokens = counts.Tokens, LongestTokens = counts.LongestTokens };
        var next = JobPlanner.Of(job, config, cursor with { Training = scan }) with
        {
            StartsFrom = plan.StartsFrom, AnswerTokens = plan.AnswerTokens, StepsBefore = plan.StepsBefore, StepsAfter = plan.StepsAfter, TimeAfter = plan.TimeAfter, TokensBefore = plan.TokensBefore,
        };
        await plans.WriteAsync(job.StageId(), next, ct);
        return next.Options;
    }
}
