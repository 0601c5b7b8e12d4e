using Serverless.Learning;
using Serverless.Learning.Data;
using Serverless.Learning.Evaluation;
using Serverless.Learning.Models;
using Serverless.Service.Evals;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Service.Pipeline.Evals;

/// <summary>What is known of a run once all of its items are done: intervals, and of a data set's right answers how likely the model holds them.</summary>
public sealed class EvalScores(CheckpointModels models, StartingModels starting, EvalItems source, EvalItemStore items, TimeProvider clock)
{
    private const int BlockExamples = 64;

    /// <summary>The run with the intervals of its criteria and, where there are right answers, that of the share that was given.</summary>
    public async Task<EvalRunRecord> WithIntervalsAsync(EvalRunRecord run, CancellationToken ct)
    {
        var scores = run.Criteria.ToDictionary(criterion => criterion.Name, _ => new List<double>());
        var exact = new List<double>();
        await foreach (var item in items.ReadAsync(run, 0, ct))
        {
            foreach (var result in item.Results)
                scores[result.Name].Add(result.Score);
            if (item.Exact is { } right)
                exact.Add(right ? 1 : 0);
        }
        return run with
        {
            Criteria = [.. run.Criteria.Select(criterion => criterion with { Interval = IntervalOf(scores[criterion.Name], run) })],
            Likelihood = exact.Count == 0 && run.Likelihood is not { Scored: > 0 } ? null : (run.Likelihood ?? new EvalLikelihood()) with { ExactMatch = IntervalOf(exact, run) },
        };
    }

    /// <summary>Goes on with scoring the right answers of a run's data set, until all are, or the time has run out.</summary>
    /// <param name="commitAsync">Takes what is done after each block; false if the run has ended meanwhile.</param>
    /// <returns>Whether all is done.</returns>
    /// <exception cref="InputError">The model was deleted, or a line has faults.</exception>
    public async Task<bool> ScoreAsync(EvalRunRecord run, DateTimeOffset leaveAt, Func<EvalLikelihood, Task<bool>> commitAsync, CancellationToken ct)
    {
        var done = run.Likelihood ?? new EvalLikelihood();
        if (run.DataSource.Model is not { } name || run.DataSource.File is not { } file || !await source.IsDatasetAsync(file, ct))
            return true;
        var block = new List<EvalEntry>();
        LanguageModel? model = null;
        await using var thread = new TensorThread($"score {run.Id}");
        try
        {
            var at = 0;
            await foreach (var entry in source.ReadAsync(run.DataSource, ct))
            {
                if (at++ < done.Read)
                    continue;
                block.Add(entry);
                if (block.Count < BlockExamples)
                    continue;
                if (clock.GetUtcNow() >= leaveAt && model is not null)
                    return false;
                if (!await NextAsync())
                    return true;
            }
            if (block.Count > 0)
                await NextAsync();
            return true;
        }
        finally
        {
            if (model is not null)
                await thread.RunAsync(model.Dispose);
        }

        async Task<bool> NextAsync()
        {
            var answered = block.Select(AnsweredOf).OfType<ChatExample>().ToList();
            done = done with { Read = done.Read + block.Count };
            if (answered.Count > 0)
            {
                var loaded = model ??= await LoadAsync(name, thread, ct);
                done = await thread.RunAsync(() => Scored(done, loaded, answered, run.CreatedAt, ct));
            }
            block.Clear();
            return await commitAsync(done);
        }
    }

    private async Task<LanguageModel> LoadAsync(Service.Models.ModelId name, TensorThread thread, CancellationToken ct)
    {
        var record = await models.FindAsync(name, ct) ?? throw new InputError($"data_source.model: '{name}' was deleted", "data_source.model", "model_not_available");
        var folder = await starting.FolderAsync(record, null, ct);
        return await thread.RunAsync(() => LanguageModel.Load(folder));
    }

    /// <summary>Scores what the model can read: of the rest, the item says what is wrong with it.</summary>
    private static EvalLikelihood Scored(EvalLikelihood before, LanguageModel model, List<ChatExample> answered, DateTimeOffset time, CancellationToken ct)
    {
        var encoder = model.Chat.At(time);
        var learned = answered.Select(Encoded).Where(sequences => sequences.Count > 0 && sequences.All(sequence => sequence.Length <= model.MaxLength)).ToList();
        return before with
        {
            Scored = before.Scored + learned.Count,
            Scores = before.Scores + Evaluator.Score(model, [.. learned.SelectMany(sequences => sequences)], ct),
        };

        IReadOnlyList<TrainingSequence> Encoded(ChatExample example)
        {
            try
            {
                return encoder.EncodeExample(example);
            }
            catch (InputError)
            {
                return [];
            }
        }
    }

    /// <summary>The conversation of a line; null where it has no right answer, or faults, which its item names.</summary>
    private static ChatExample? AnsweredOf(EvalEntry entry)
    {
        try
        {
            return EvalEntry.AnsweredOf(entry.Example());
        }
        catch (InputError)
        {
            return null;
        }
    }

    private static MeanInterval? IntervalOf(List<double> values, EvalRunRecord run) => values.Count == 0 ? null : Bootstrap.Mean(values, run.DataSource.Seed);
}
