using System.Runtime.InteropServices;
using Serverless.Learning.Data;
using Serverless.Learning.Models;
using Serverless.Learning.Sampling;
using Serverless.Learning.Text;
using Serverless.Learning.Text.ToolCalls;
using Serverless.Learning.Training;
using static TorchSharp.torch;

namespace Serverless.Learning.Evaluation;

/// <summary>Scores a model on examples: by likelihood, by its own greedy answers, or by the likeliest of given answers.</summary>
public static class Evaluator
{
    private const int MicroBatchTokens = 4096;
    private const int AnswersTogether = 32;
    private const int PromptsTogether = 8;

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
    /// <param name="maxTokens">The most tokens of an answer, its thinking included.</param>
    /// <param name="encoder">Writes the prompts, at a time of its own; null: the model's.</param>
    public static IReadOnlyList<GradedAnswer> Answers(
        LanguageModel model, IReadOnlyList<ChatExample> examples, int maxTokens, CancellationToken cancellation, ChatEncoder? encoder = null)
    {
        encoder ??= model.Chat;
        var generator = new TextGenerator(model);
        var prompts = examples.Select(example => encoder.EncodePrompt(PromptOf(example), example.Tools)).ToArray();
        var graded = new GradedAnswer[examples.Count];
        foreach (var group in Enumerable.Range(0, examples.Count).OrderBy(index => prompts[index].Length).Chunk(AnswersTogether))
        {
            var requests = group.Select(index => new GenerationRequest(
                prompts[index], SamplingOptions.Greedy(maxTokens) with { WrittenTokens = encoder.TokensOfCalls(examples[index].Tools) })).ToList();
            var answers = generator.Generate(requests, requests.Count, cancellation);
            for (var place = 0; place < group.Length; place++)
                graded[group[place]] = Graded(model.Tokenizer, encoder, examples[group[place]], prompts[group[place]], answers[place].Text);
        }
        return graded;
    }

    /// <summary>For each example, the candidate whose tokens, end of turn included, have the highest summed log-probability as its answer.</summary>
    public static IReadOnlyList<GradedAnswer> LikeliestOf(
        LanguageModel model, IReadOnlyList<ChatExample> examples, IReadOnlyList<string> candidates, CancellationToken cancellation)
    {
        using var noGradient = no_grad();
        var graded = new List<GradedAnswer>(examples.Count);
        foreach (var group in examples.Chunk(PromptsTogether))
        {
            cancellation.ThrowIfCancellationRequested();
            var sums = AnswerLogProbabilities(model.Decoder, [.. group.SelectMany(example => candidates.Select(candidate => model.Chat.EncodeExample(
                new ChatExample(example.Line, [.. PromptOf(example), new ChatMessage { Role = "assistant", Content = candidate }], example.Tools))[^1]))]);
            graded.AddRange(group.Select((example, at) => new GradedAnswer(
                example.Line, PromptOf(example)[^1].Content ?? "", ExpectedOf(example),
                candidates[Enumerable.Range(0, candidates.Count).MaxBy(index => sums[at * candidates.Count + index])])));
        }
        return graded;
    }

    /// <summary>Everything before the last assistant message.</summary>
    public static IReadOnlyList<ChatMessage> PromptOf(ChatExample example) => example.Messages.Take(LastAssistant(example)).ToList();

    /// <summary>The text of the last assistant message.</summary>
    public static string ExpectedOf(ChatExample example) => example.Messages[LastAssistant(example)].Content ?? "";

    /// <summary>Whether the last assistant message calls tools.</summary>
    public static bool ExpectsCalls(ChatExample example) => AnsweredCalls.Of(example.Messages[LastAssistant(example)].ToolCalls) is not null;

    /// <summary>The tokens of the last assistant message as the template writes it, its end of turn included, shape [T].</summary>
    /// <exception cref="InputError">The template refuses the conversation; the line is named.</exception>
    public static int[] ExpectedIds(ChatEncoder encoder, ChatExample example)
    {
        var last = LastAssistant(example);
        var messages = example.Messages.Take(last + 1).Select((message, at) => message.Role == "assistant" ? message with { Weight = at == last ? 1 : 0 } : message);
        var sequence = encoder.EncodeExample(new ChatExample(example.Line, [.. messages], example.Tools))[^1];
        return [.. sequence.Ids.Where((_, at) => sequence.Supervised[at])];
    }

    private static GradedAnswer Graded(Tokenizer tokenizer, ChatEncoder encoder, ChatExample example, int[] prompt, string generated)
    {
        var answer = Thought.Whole(encoder, prompt, generated);
        var asked = PromptOf(example)[^1].Content ?? "";
        if (AnsweredCalls.Of(example.Messages[LastAssistant(example)].ToolCalls) is not { } calls)
            return new GradedAnswer(example.Line, asked, ExpectedOf(example), answer) { Calls = example.Tools is null ? null : AnsweredCalls.Read(encoder, example.Tools, answer) };
        var ids = ExpectedIds(encoder, example);
        var written = tokenizer.Decode(ids[^1] == encoder.EndOfTurnId ? ids[..^1] : ids, skipSpecial: false);
        return new GradedAnswer(example.Line, asked, Thought.Whole(encoder, prompt, written), answer)
        {
            ExpectedCalls = encoder.ToolCallFormat is null ? null : calls, Calls = AnsweredCalls.Read(encoder, example.Tools, answer),
        };
    }

    private static int LastAssistant(ChatExample example) => Enumerable.Range(0, example.Messages.Count).Last(at => example.Messages[at].Role == "assistant");

    /// <summary>Summed log-probability of the last answer of each sequence. What prompts have in common is read once.</summary>
    private static double[] AnswerLogProbabilities(Decoder decoder, List<TrainingSequence> sequences)
    {
        var sums = new double[sequences.Count];
        foreach (var micro in PackedBatches.Build([.. sequences.Select(LastAnswerOnly)], [.. Enumerable.Range(0, sequences.Count)], MicroBatchTokens))
        {
            using var scope = NewDisposeScope();
            using var layout = micro.LayoutFor(decoder);
            var values = MemoryMarshal.Cast<byte, float>(decoder.LogProbabilities(decoder.Hidden(micro.Ids, layout), micro.Targets).Values.bytes);
            var next = 0;
            for (var token = 0; token < micro.Targets.Length; token++)
            {
                if (micro.Targets[token] >= 0) sums[micro.Examples![token]] += values[next++];
            }
        }
        return sums;
    }

    /// <summary>The sequence with no targets but those of its last run.</summary>
    private static TrainingSequence LastAnswerOnly(TrainingSequence sequence)
    {
        var last = Array.LastIndexOf(sequence.Supervised, true);
        var before = Array.LastIndexOf(sequence.Supervised, false, last);
        return new TrainingSequence(sequence.Ids, [.. sequence.Supervised.Select((target, at) => target && at > before)], sequence.Line);
    }
}
