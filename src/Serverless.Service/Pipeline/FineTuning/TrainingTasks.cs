using Serverless.Learning.Data;
using Serverless.Learning.Reinforcement;
using Serverless.Learning.Text;
using Serverless.Learning.Training;
using Serverless.Service.Inference;
using Serverless.Service.Jobs;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Makes of a job's files what its method learns from.</summary>
public sealed class TrainingTasks(TrainingFiles files, References references, GraderModels models, PipelineSettings settings)
{
    /// <exception cref="Learning.InputError">A file is gone or has faults.</exception>
    public async Task<TrainingTask> OfAsync(JobRecord job, JobPlan plan, ChatEncoder encoder, CancellationToken ct)
    {
        var learned = await LearnedAsync(job, plan, encoder, ct);
        return job.Method.Replay is { Share: > 0 and var share }
            ? new ReplayTask(learned, [.. (await files.ReadReplayAsync(job, ct)).Select(document => encoder.EncodeText(document.Text))], share) { Asked = learned.Asked }
            : learned;
    }

    private Task<TrainingTask> LearnedAsync(JobRecord job, JobPlan plan, ChatEncoder encoder, CancellationToken ct) => job.Method.Type switch
    {
        MethodType.Dpo => PreferencesAsync(job, encoder, ct),
        MethodType.Pretraining => TextAsync(job, plan, encoder, ct),
        MethodType.Reinforcement => PromptsAsync(job, encoder, ct),
        _ => SupervisedAsync(job, plan, encoder, ct),
    };

    private async Task<TrainingTask> SupervisedAsync(JobRecord job, JobPlan plan, ChatEncoder encoder, CancellationToken ct)
    {
        var training = Learned(await files.ReadLearnedAsync(job, ct), encoder, Longest(job, plan));
        var validation = await LooksAsync(job, training.Count, ct);
        return new SupervisedTask(training, Learned(validation, encoder, int.MaxValue)) { Asked = SamplePrompts.Of(validation, encoder) };
    }

    private async Task<TrainingTask> PreferencesAsync(JobRecord job, ChatEncoder encoder, CancellationToken ct)
    {
        var training = Pairs(await files.ReadAsync(job, job.TrainingFile, "training_file", ct), encoder);
        var looks = await LooksAsync(job, training.Count, ct);
        var reference = await references.FindAsync(job.StageId(), ct) is { Finished: true } finished ? finished : null;
        return new PreferenceTask(training, Pairs(looks, encoder), reference?.Training!, reference?.Validation) { Asked = SamplePrompts.Of(looks, encoder) };
    }

    private async Task<TrainingTask> TextAsync(JobRecord job, JobPlan plan, ChatEncoder encoder, CancellationToken ct)
    {
        var training = await files.ReadAsync(job, job.TrainingFile, "training_file", ct);
        var validation = await LooksAsync(job, training.Count, ct);
        return new TextTask(
            [.. training.Cast<TextExample>().Select(document => Cut(encoder.EncodeText(document.Text), Longest(job, plan)))],
            [.. validation.Cast<TextExample>().SelectMany(document => encoder.EncodeDocument(document, plan.Options.MaxSequenceLength))]);
    }

    private async Task<TrainingTask> PromptsAsync(JobRecord job, ChatEncoder encoder, CancellationToken ct)
    {
        var rewards = AnswerRewards.Of(job, encoder) ?? throw new InvalidOperationException($"{job.Id} has no grader");
        var training = await files.ReadAsync(job, job.TrainingFile, "training_file", ct);
        var most = Math.Min(PolicyLooks.MostPrompts, settings.ValidatedExamples);
        var looks = job.ValidationFile is { } id && most > 0 ? await files.ReadAsync(job, id, "validation_file", ct, most) : [];
        return new PolicyTask(Prompts(training, encoder), rewards.Asks ? null : (prompt, answer) => rewards.Of(prompt, answer))
        {
            Judge = rewards.Asks ? (answers, stop) => rewards.OfAsync(answers, models, stop) : null,
            Validation = Prompts(looks, encoder),
            Grammar = AnswerForm.Of(job),
        };
    }

    /// <summary>What is looked at after each epoch: the beginning of the validation file, never more than an epoch has itself.</summary>
    private async Task<IReadOnlyList<DatasetExample>> LooksAsync(JobRecord job, int training, CancellationToken ct)
    {
        var most = Math.Min(settings.ValidatedExamples, training);
        return job.ValidationFile is { } id && most > 0 ? await files.ReadAsync(job, id, "validation_file", ct, most) : [];
    }

    /// <summary>The most tokens of an example that is trained on; what is longer is a fault by then, unless it is to be cut.</summary>
    private static int Longest(JobRecord job, JobPlan plan) => job.Method.Hyperparameters.TruncatesEnd ? plan.Options.MaxSequenceLength : int.MaxValue;

    private static int[] Cut(int[] ids, int longest) => ids.Length <= longest ? ids : ids[..longest];

    /// <summary>The sequences that are trained on: those with at least one target, in the order of the file.</summary>
    private static IReadOnlyList<TrainingSequence> Learned(IEnumerable<DatasetExample> examples, ChatEncoder encoder, int longest) =>
        [.. examples.SelectMany(encoder.Encode).Select(sequence => sequence.CutAt(longest)).Where(sequence => sequence.SupervisedCount > 0)];

    private static IReadOnlyList<PolicyPrompt> Prompts(IEnumerable<DatasetExample> examples, ChatEncoder encoder) => [.. examples.Cast<PromptExample>().Select(example =>
    {
        var ids = encoder.EncodePrompt(example);
        return new PolicyPrompt(ids, example.Item, example.Line, example.Messages[^1].Content ?? "") { GrammarAfter = ChatPrompt.FormBeginsAfter(encoder, ids), Tools = example.Tools };
    })];

    private static IReadOnlyList<PreferencePair> Pairs(IEnumerable<DatasetExample> examples, ChatEncoder encoder) =>
        [.. examples.Cast<PreferenceExample>().Select(encoder.EncodePair)];
}
