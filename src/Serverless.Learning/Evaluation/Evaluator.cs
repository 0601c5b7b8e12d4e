using Serverless.Learning.Data;
using Serverless.Learning.Models;
using Serverless.Learning.Sampling;
using Serverless.Learning.Text;
using Serverless.Learning.Training;
using static TorchSharp.torch;

namespace Serverless.Learning.Evaluation;

/// <summary>Scores a model on examples: by likelihood, by its own greedy answers, or by the likeliest of given answers.</summary>
public static class Evaluator
{
    private const int MicroBatchTokens = 4096;
    private const int AnswersTogether = 32;

    /// <summary>Loss and token accuracy over the supervised tokens of some sequences.</summary>
    public static EvaluationScores Score(LanguageModel model, IReadOnlyList<TrainingSequence> sequences, CancellationToken cancellation)
    {
        if (sequences.Count == 0) return EvaluationScores.None;
        using var noGradient = no_grad();
        var scores = EvaluationScores.None;
        foreach (var micro in PackedBatches.Build(sequences, Enumerable.Range(0, sequences.Count).ToList(), MicroBatchTokens))
        {
            cancellation.ThrowIfCancellationRequested();
            if (micro.TargetCount == 0) continue;
            using var scope = NewDisposeScope();
            using var layout = micro.LayoutFor(model.Decoder);
            var (loss, correct) = model.Decoder.Loss(model.Decoder.Hidden(micro.Ids, layout), micro.Targets, 1);
            scores += new EvaluationScores(loss.item<float>(), correct, micro.TargetCount);
        }
        return scores;
    }

    /// <summary>The model's greedy answer to everything before the last assistant message of each example, in batches of like length.</summary>
    /// <param name="maxTokens">The most tokens of an answer.</param>
    public static IReadOnlyList<GradedAnswer> Answers(
        LanguageModel model, IReadOnlyList<ChatExample> examples, int maxTokens, CancellationToken cancellation)
    {
        var generator = new TextGenerator(model);
        var prompts = examples.Select(example => model.Chat.EncodePrompt(PromptOf(example), example.Tools)).ToArray();
        var graded = new GradedAnswer[examples.Count];
        // Rows of a batch go on as long as the longest answer, past the end of the context where a prompt leaves less room: such a prompt goes alone.
        var byLength = Enumerable.Range(0, examples.Count).OrderBy(index => prompts[index].Length).ToLookup(index => prompts[index].Length + maxTokens <= model.MaxLength);
        foreach (var group in byLength[true].Chunk(AnswersTogether).Concat(byLength[false].Chunk(1)))
        {
            var answers = generator.Generate(group.Select(index => prompts[index]).ToList(), SamplingOptions.Greedy(maxTokens), cancellation);
            for (var place = 0; place < group.Length; place++)
            {
                var example = examples[group[place]];
                graded[group[place]] = new GradedAnswer(example.Line, PromptOf(example)[^1].Content ?? "", ExpectedOf(example), answers[place].Text);
            }
        }
        return graded;
    }

    /// <summary>For each example, the candidate whose tokens, end of turn included, have the highest summed log-probability as its answer.</summary>
    public static IReadOnlyList<GradedAnswer> LikeliestOf(
        LanguageModel model, IReadOnlyList<ChatExample> examples, IReadOnlyList<string> candidates, CancellationToken cancellation)
    {
        using var noGradient = no_grad();
        return examples.Select(example =>
        {
            cancellation.ThrowIfCancellationRequested();
            var prompt = PromptOf(example);
            var logProbabilities = LogProbabilities(model.Decoder, candidates.Select(candidate => model.Chat.EncodeExample(
                new ChatExample(example.Line, [.. prompt, new ChatMessage { Role = "assistant", Content = candidate }], example.Tools))[^1]).ToList());
            var best = Enumerable.Range(0, candidates.Count).MaxBy(index => logProbabilities[index]);
            return new GradedAnswer(example.Line, prompt[^1].Content ?? "", ExpectedOf(example), candidates[best]);
        }).ToList();
    }

    /// <summary>Everything before the last assistant message.</summary>
    public static IReadOnlyList<ChatMessage> PromptOf(ChatExample example) => example.Messages.Take(LastAssistant(example)).ToList();

    /// <summary>The text of the last assistant message.</summary>
    public static string ExpectedOf(ChatExample example) => example.Messages[LastAssistant(example)].Content ?? "";

    private static int LastAssistant(ChatExample example) => Enumerable.Range(0, example.Messages.Count).Last(at => example.Messages[at].Role == "assistant");

    /// <summary>Summed log-probability of the last answer of each sequence. What all of them begin with is read once.</summary>
    private static double[] LogProbabilities(Decoder decoder, List<TrainingSequence> sequences)
    {
        using var scope = NewDisposeScope();
        var answers = sequences.Select(AnswerOf).ToList();
        var shared = Math.Min(SharedTokens(sequences), answers.Min(answer => answer.First) - 1);
        var time = sequences.Max(sequence => sequence.Length) - shared;
        using var prompt = new KeyValueCache(decoder.Config, 1, shared);
        using (var layout = SequenceLayout.Causal(decoder.Rotary, 1, shared)) decoder.Hidden(sequences[0].Ids[..shared], layout, prompt);
        using var cache = KeyValueCache.Of([.. Enumerable.Repeat(new CachedRow(prompt, 0, shared), sequences.Count)], shared + time);
        var ids = sequences.SelectMany(sequence => sequence.Ids[shared..].Concat(Enumerable.Repeat(0, shared + time - sequence.Length))).ToArray();
        var positions = sequences.SelectMany(_ => Enumerable.Range(shared, time)).ToArray();
        using var ends = SequenceLayout.At(decoder.Rotary, sequences.Count, time, positions, documents: null);
        var hidden = decoder.Hidden(ids, ends, cache).view(sequences.Count, time, -1);
        return sequences.Select((sequence, row) =>
        {
            using var one = NewDisposeScope();
            var (first, last) = answers[row];
            var logits = decoder.Logits(hidden.select(0, row).narrow(0, first - 1 - shared, last - first + 1));
            var wanted = tensor(sequence.Ids[first..(last + 1)].Select(id => (long)id).ToArray()).unsqueeze(1);
            return logits.gather(1, wanted).squeeze(1).sub(logits.logsumexp(1L)).sum(ScalarType.Float64).item<double>();
        }).ToArray();
    }

    /// <summary>The last run of supervised tokens.</summary>
    private static (int First, int Last) AnswerOf(TrainingSequence sequence)
    {
        var last = Array.LastIndexOf(sequence.Supervised, true);
        var first = last;
        while (first > 0 && sequence.Supervised[first - 1]) first--;
        return (first, last);
    }

    /// <summary>How many tokens from the beginning are the same in all sequences.</summary>
    private static int SharedTokens(List<TrainingSequence> sequences) =>
        sequences.Min(sequence => sequence.Ids.AsSpan().CommonPrefixLength(sequences[0].Ids));
}
