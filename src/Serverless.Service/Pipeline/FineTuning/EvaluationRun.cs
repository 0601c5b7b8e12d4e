using Serverless.Learning.Data;
using Serverless.Learning.Evaluation;
using Serverless.Learning.Models;
using Serverless.Learning.Sampling;
using Serverless.Learning.Sampling.Grammars;
using Serverless.Learning.Text;
using Serverless.Learning.Text.ToolCalls;
using Serverless.Learning.Training;
using Serverless.Service.Inference;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Scores one model on examples, block by block, from where it was left.</summary>
/// <param name="rewardedTokens">The most tokens of an answer to a prompt; null where no prompts are among the examples.</param>
/// <param name="general">Reads the job's general text, of which the end is scored; null without any.</param>
/// <param name="form">What answers to prompts may be; null for any text.</param>
/// <param name="graded">Whether graders see the answers: then one that goes on too long for an exact match is not cut there.</param>
internal sealed class EvaluationRun(
    IReadOnlyList<DatasetExample> examples, Func<CancellationToken, Task<IReadOnlyList<TextExample>>>? general, DateTimeOffset templateTime, int? rewardedTokens, Grammar? form, bool graded, PipelineSettings settings)
{
    private const int BlockExamples = 64;
    private const int AnswersTogether = 32;
    private const int KeptSamples = 20;

    // Conversations have an answer that is right, and of preferences it is the preferred one.
    private readonly ChatExample[] _asked = [.. examples.Select(ConversationOf).OfType<ChatExample>().Take(settings.EvaluatedAnswers)];

    private readonly PromptExample[] _prompts = [.. examples.OfType<PromptExample>().Take(settings.EvaluatedAnswers)];

    private IReadOnlyList<TextExample> _documents = [];

    /// <summary>Whether nothing is left to do for this model.</summary>
    public bool IsComplete(ModelEvaluation evaluation) =>
        evaluation.Scored == examples.Count && HasGeneral(evaluation) && evaluation.Answered == _asked.Length + _prompts.Length;

    /// <summary>Has at hand what the next block takes: the general text is large, and a block of its own only once for each model.</summary>
    /// <exception cref="Learning.InputError">The file is gone or has faults.</exception>
    public async Task ReadAsync(ModelEvaluation evaluation, CancellationToken ct)
    {
        if (general is not null && _documents.Count == 0 && evaluation.Scored == examples.Count && !HasGeneral(evaluation))
            _documents = await general(ct);
    }

    /// <summary>Scores or answers the next block, for which <see cref="ReadAsync"/> has read; the answers are still to be graded.</summary>
    public (ModelEvaluation Part, IReadOnlyList<GradedAnswer> Answers) Next(LanguageModel model, ModelEvaluation evaluation, CancellationToken ct)
    {
        var encoder = model.Chat.At(templateTime);
        if (evaluation.Scored < examples.Count)
            return (Score(model, encoder, evaluation, ct), []);
        if (!HasGeneral(evaluation))
            return (evaluation with { General = Evaluator.Score(model, HeldBack(model, encoder), ct) }, []);
        if (_prompts.Length > 0)
            return AnswerPrompts(model, encoder, evaluation, ct);
        var asked = _asked.Skip(evaluation.Answered).Take(BlockExamples).ToList();
        var answers = Evaluator.Answers(model, asked, AnswerTokens(model.Tokenizer, encoder, asked), ct, encoder);
        var next = Answered(evaluation, answers) with
        {
            ExactMatches = evaluation.ExactMatches.AddRange(answers.Select(answer => answer.Exact ? 1.0 : 0.0)),
        };
        return (next, answers);
    }

    private bool HasGeneral(ModelEvaluation evaluation) => general is null || evaluation.General.Tokens > 0;

    private IReadOnlyList<TrainingSequence> HeldBack(LanguageModel model, ChatEncoder encoder) =>
        new GeneralText([.. _documents.Select(document => encoder.EncodeText(document.Text))], TextTask.SeparatorOf(model), model.MaxLength).HeldBack;

    private ModelEvaluation Score(LanguageModel model, ChatEncoder encoder, ModelEvaluation evaluation, CancellationToken ct)
    {
        var block = examples.Skip(evaluation.Scored).Take(BlockExamples).ToList();
        var pairs = block.OfType<PreferenceExample>().Select(encoder.EncodePair).ToList();
        var learned = pairs.Count > 0 ? pairs.Select(pair => pair.Chosen) : block.SelectMany(example => SequencesOf(example, encoder, model.MaxLength));
        return evaluation with
        {
            Scored = evaluation.Scored + block.Count,
            Scores = evaluation.Scores + Evaluator.Score(model, [.. learned], ct),
            Pairs = [.. evaluation.Pairs, .. PairScores.Of(model.Decoder, pairs, ct)],
        };
    }

    /// <summary>Prompts have no expected answer: what theirs are worth, graders say.</summary>
    private (ModelEvaluation Part, IReadOnlyList<GradedAnswer> Answers) AnswerPrompts(
        LanguageModel model, ChatEncoder encoder, ModelEvaluation evaluation, CancellationToken ct)
    {
        var asked = _prompts.Skip(evaluation.Answered).Take(BlockExamples).ToList();
        var sampling = SamplingOptions.Greedy(rewardedTokens ?? settings.EvaluatedAnswerTokens) with { Grammar = form };
        var requests = asked.Select(prompt => encoder.EncodePrompt(prompt))
            .Zip(asked, (ids, prompt) => new GenerationRequest(
                ids, sampling with { GrammarAfter = form is null ? null : ChatPrompt.FormBeginsAfter(encoder, ids), WrittenTokens = encoder.TokensOfCalls(prompt.Tools) })).ToList();
        var texts = new TextGenerator(model).Generate(requests, AnswersTogether, ct).Zip(requests, (text, request) => Thought.Whole(encoder, request.Prompt, text.Text));
        var answers = asked.Zip(texts, (prompt, text) => new GradedAnswer(prompt.Line, prompt.Messages[^1].Content ?? "", null, text)
        {
            Calls = prompt.Tools is null ? null : AnsweredCalls.Read(encoder, prompt.Tools, text),
        }).ToList();
        return (Answered(evaluation, answers), answers);
    }

    private static ModelEvaluation Answered(ModelEvaluation evaluation, IReadOnlyList<GradedAnswer> answers) => evaluation with
    {
        Answered = evaluation.Answered + answers.Count,
        Samples = [.. evaluation.Samples, .. answers.Take(KeptSamples - evaluation.Samples.Length)],
    };

    private static ChatExample? ConversationOf(DatasetExample example) => example is PreferenceExample pair ? pair.Chosen : example as ChatExample;

    private static IReadOnlyList<TrainingSequence> SequencesOf(DatasetExample example, ChatEncoder encoder, int maxTokens) =>
        example is TextExample text ? encoder.EncodeDocument(text, maxTokens) : encoder.Encode(example);

    /// <summary>
    /// An answer longer than every expected one of its block, by a few tokens, is no exact match however it goes on, unless the model may think before it
    /// for as long as it likes.
    /// </summary>
    private int AnswerTokens(Tokenizer tokenizer, ChatEncoder encoder, IReadOnlyList<ChatExample> block)
    {
        if (graded || encoder.Thinks || block.Any(example => Thought.LeadsIn(Evaluator.ExpectedOf(example))))
            return settings.EvaluatedAnswerTokens;
        var longest = block.Max(example => Evaluator.ExpectsCalls(example) ? LengthOfCalls(example) : tokenizer.Encode(Evaluator.ExpectedOf(example)).Length);
        return Math.Min(settings.EvaluatedAnswerTokens, longest + 4);

        // The same calls may be written with more white space.
        int LengthOfCalls(ChatExample example) => Evaluator.ExpectedIds(encoder, example).Length * 3 / 2;
    }
}
