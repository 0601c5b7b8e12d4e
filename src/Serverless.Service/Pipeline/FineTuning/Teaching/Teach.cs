using Microsoft.Extensions.Logging;
using Serverless.Learning;
using Serverless.Learning.Grading;
using Serverless.Service.Inference;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Storage;

namespace Serverless.Service.Pipeline.FineTuning.Teaching;

/// <summary>
/// Lets the teacher of a distillation job answer a stretch of its prompts, block by block, and at the end makes the data set of them that the
/// student learns. Jobs of other methods pass through.
/// </summary>
public sealed class Teach(
    BlobAccount account, JobCatalog jobs, JobPlans plans, JobWishes wishes, JobLog log, Teachers teachers, TeacherPrompts prompts, TaughtAnswers answers, TaughtFiles taught,
    ModelCatalog models, ModelEncoders encoders, GraderModels graderModels, JobCosts costs, TimeProvider clock, ILogger<Teach> logger) : IActivity<JobId, StageOutcome>
{
    private static readonly TimeSpan LookAgainForLease = TimeSpan.FromSeconds(5);

    public static ActivityName<JobId, StageOutcome> Name { get; } = new(nameof(Teach));

    public async Task<StageOutcome> RunAsync(JobId input, ActivityScope scope)
    {
        var ct = scope.Stopping;
        var (job, wish) = await wishes.ReadAsync(input, ct);
        if (wish is not null)
            return wish;
        job = job!.AtPresent();
        if (job.Method.Distillation is not { } distillation || !job.ResultFiles.IsEmpty)
            return StageOutcome.Done;
        await using var lease = await TrainerLease.TryAcquireAsync(account, input, clock, logger, ct);
        if (lease is null)
            return StageOutcome.Wait(LookAgainForLease);
        try
        {
            var outcome = await TeachAsync(job, distillation, lease, scope);
            await costs.CountAsync(lease);
            return outcome;
        }
        catch (InputError error)
        {
            return job.Refuse(error);
        }
    }

    private async Task<StageOutcome> TeachAsync(JobRecord job, DistillationRequest distillation, TrainerLease lease, ActivityScope scope)
    {
        var ct = scope.Stopping;
        // A block that is begun just before may take three minutes of the usual four.
        var leaveAt = clock.GetUtcNow() + (scope.Deadline - clock.GetUtcNow()) / 4;
        var plan = await plans.FindAsync(job.StageId(), ct) ?? throw new InvalidOperationException($"{job.Id} was admitted without a plan");
        var teacher = await teachers.FindAsync(distillation.Teacher, ct);
        var asked = await prompts.ReadAsync(job, ct);
        var lesson = await LessonAsync(job, plan, ct);
        var sampling = TeacherSampling.Of(distillation, plan.AnswerTokens!.Value, job.Seed);
        await SayAsync(lease, job.OwnName("teacher"), $"The teacher '{teacher.Name}' answers {asked.Count} prompts, {sampling.Samples} {(sampling.Samples == 1 ? "time" : "times")} each", ct);
        var size = Math.Max(1, teacher.Together / sampling.Samples);
        var blocks = (asked.Count + size - 1) / size;
        var block = await answers.CountAsync(job.StageId(), ct);
        for (var first = true; block < blocks; first = false, block++)
        {
            if ((await wishes.ReadAsync(job.Id, ct)).Outcome is { } wish)
                return wish;
            if (!first && clock.GetUtcNow() >= leaveAt)
                return StageOutcome.More;
            var judged = await AnswerAsync(teacher, sampling, lesson, [.. asked.Skip(block * size).Take(size)], ct);
            if (block == 0 && judged.All(answer => answer.Fate == AnswerFate.Failed))
                throw new InputError($"The teacher '{teacher.Name}' answered none of the first {judged.Count} times: {judged[0].Fault ?? "its answers are empty"}", "method", "teacher_refused");
            await lease.EnsureHeldAsync(ct);
            await answers.WriteAsync(job.StageId(), block, judged, CancellationToken.None);
            await scope.CommittedAsync();
        }
        var (counts, file, options) = await taught.MakeAsync(job, plan, asked, blocks, ct);
        await SayAsync(lease, job.OwnName("taught"), $"{counts}; see {file.Name}", ct);
        // Last, because it says that all of this is done.
        await jobs.UpdateAsync(job.Id, now => now.Taught(job.Stage, options, [file.Id]), ct);
        return StageOutcome.Done;
    }

    private static async Task<List<TaughtAnswer>> AnswerAsync(
        ITeacher teacher, TeacherSampling sampling, TeacherLesson lesson, IReadOnlyList<TeacherPrompt> block, CancellationToken ct)
    {
        var judged = new List<TaughtAnswer>();
        foreach (var (prompt, replies) in block.Zip(await teacher.AnswerAsync(block, sampling, ct)))
            judged.AddRange(await lesson.JudgeAsync(prompt, replies, ct));
        return judged;
    }

    private async Task<TeacherLesson> LessonAsync(JobRecord job, JobPlan plan, CancellationToken ct)
    {
        var student = await models.FindAsync(job.Model, ct)
            ?? throw new InputError($"model: '{job.Model}' was deleted", "model", "model_not_available");
        var grader = job.Method.Grader is { } json ? Grader.Parse(json, "method.distillation.grader") : null;
        var encoder = (await encoders.OfAsync(student, ct)).At(job.CreatedAt);
        return new TeacherLesson(grader, job.Method.Distillation!.PassThreshold, encoder, plan.Options.MaxSequenceLength, graderModels);
    }

    private Task SayAsync(TrainerLease lease, string key, string message, CancellationToken ct) =>
        log.AppendOnceAsync(lease, key, [new JobEvent { CreatedAt = clock.GetUtcNow(), Message = message }], ct);
}
