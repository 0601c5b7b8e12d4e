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
    ModelCatalog models, ModelEncoders encoders, GraderModels graderModels, TeacherAbsences absences, JobCosts costs, PipelineSettings settings, TimeProvider clock, ILogger<Teach> logger) : IActivity<JobId, StageOutcome>
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
        if (IsDoneFor(job))
            return StageOutcome.Done;
        await using var lease = await TrainerLease.TryAcquireAsync(account, input, clock, logger, ct);
        if (lease is null)
            return StageOutcome.Wait(LookAgainForLease);
        try
        {
            var outcome = await TeachAsync(job, job.Method.Distillation!, lease, scope);
            await costs.CountAsync(lease);
            return outcome;
        }
        catch (InputError error)
        {
            return job.Refuse(error);
        }
    }

    /// <summary>Whether a job, as if its present stage were all of it, learns from no teacher, or its teacher has answered all.</summary>
    public static bool IsDoneFor(JobRecord job) => job.Method.Distillation is null || !job.ResultFiles.IsEmpty;

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
            IReadOnlyList<TeacherPrompt> part = [.. asked.Skip(block * size).Take(size)];
            StageOutcome? wished;
            List<TaughtAnswer>? judged;
            try
            {
                var replies = await RepliesAsync(job, block, teacher, sampling, part, ct);
                (judged, wished) = await JudgeAsync(job, lesson, part, replies, lease, ct);
            }
            catch (TeacherAwayException away)
            {
                return await absences.OutcomeAsync(job, lease, $"block {block}, {away.Grader ?? teacher.Name}", away, ct);
            }
            if (judged is null)
                return wished ?? StageOutcome.More;
            if (block == 0 && judged.All(answer => answer.Fate == AnswerFate.Failed))
                throw new InputError($"The teacher '{teacher.Name}' answered none of the first {judged.Count} times: {judged[0].Fault ?? "its answers are empty"}", "method", "teacher_refused");
            await lease.EnsureHeldAsync(ct);
            await answers.WriteAsync(job.StageId(), block, judged, CancellationToken.None);
            if (job.Method.Grader is not null)
                await answers.RemoveRepliesAsync(job.StageId(), block, CancellationToken.None);
            await scope.CommittedAsync();
        }
        var (counts, file, options) = await taught.MakeAsync(job, plan, asked, blocks, ct);
        await SayAsync(lease, job.OwnName("taught"), $"{counts}; see {file.Name}", ct);
        // Last, because it says that all of this is done.
        await jobs.UpdateAsync(job.Id, now => now.Taught(job.Stage, options, [file.Id]), ct);
        return StageOutcome.Done;
    }

    /// <summary>What the teacher answers to a block. Where a grader judges that, it is kept meanwhile: whatever befalls the grader, the teacher is not asked again.</summary>
    private async Task<IReadOnlyList<IReadOnlyList<TeacherReply>>> RepliesAsync(
        JobRecord job, int block, ITeacher teacher, TeacherSampling sampling, IReadOnlyList<TeacherPrompt> prompts, CancellationToken ct)
    {
        if (job.Method.Grader is null)
            return await teacher.AnswerAsync(prompts, sampling, ct);
        if (await answers.FindRepliesAsync(job.StageId(), block, ct) is { } kept)
            return kept;
        var given = await teacher.AnswerAsync(prompts, sampling, ct);
        await answers.WriteRepliesAsync(job.StageId(), block, given, CancellationToken.None);
        return given;
    }

    /// <summary>Judges a block, and reads meanwhile what the job's owner wishes.</summary>
    /// <returns>What became of the answers; null if it was interrupted, by that wish or by the end of the process.</returns>
    private async Task<(List<TaughtAnswer>? Judged, StageOutcome? Wish)> JudgeAsync(
        JobRecord job, TeacherLesson lesson, IReadOnlyList<TeacherPrompt> prompts, IReadOnlyList<IReadOnlyList<TeacherReply>> replies, TrainerLease lease, CancellationToken ct)
    {
        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(ct, lease.Lost);
        // On a thread of its own: a grader may take seconds over each answer without ever waiting.
        var judging = Task.Run(() => lesson.JudgeAsync(prompts, replies, interrupt.Token), CancellationToken.None);
        var wish = await new WishWatch(job.Id, wishes, () => lease.Seconds, settings, clock).WatchAsync(judging, interrupt, ct);
        try
        {
            return (await judging, wish);
        }
        catch (OperationCanceledException) when (interrupt.IsCancellationRequested)
        {
            return (null, wish);
        }
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
