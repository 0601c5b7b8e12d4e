using Serverless.Learning.Data;
using Serverless.Learning.Evaluation;
using Serverless.Learning.Models;
using Serverless.Learning.Sampling;
using Serverless.Learning.Text;
using Serverless.Learning.Training;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Scores one model on examples, block by block, from where it was left.</summary>
/// <param name="rewards">What the answers to prompts are worth; null where no prompts are among the examples.</param>
internal sealed class EvaluationRun(
    IReadOnlyList<DatasetExample> examples, DateTimeOffset templateTime, PipelineSettings settings, AnswerRewards? rewards = null)
{
    private const int BlockExamples = 64;
    private const int KeptSamples = 5;
    // Only conversations have an answer that is right.
    private readonly ChatExample[] _asked = [.. examples.OfType<ChatExample>().Take(settings.EvaluatedAnswers)];

    private readonly PromptExample[] _prompts = [.. examples.OfType<PromptExample>().Take(settings.EvaluatedAnswers)];

    /// <summary>Whether nothing is left to do for this model.</summary>
    public bool IsComplete(ModelEvaluation evaluation) =>
        evaluation.Scored == examples.Count && evaluation.Answered == _asked.Length + _prompts.Length;

    /// <summary>Scores or answers the next block.</summary>
    public ModelEvaluation Next(LanguageModel model, ModelEvaluation evaluation, CancellationToken ct)
    {
        var encoder = model.Chat.At(templateTime);
        if (evaluation.Scored < examples.Count)
        {
            var block = examples.Skip(evaluation.Scored).Take(BlockExamples).ToList();
            var pairs = block.OfType<PreferenceExample>().Select(encoder.EncodePair).ToList();
            var learned = pairs.Count > 0 ? pairs.Select(pair => pair.Chosen) : block.SelectMany(example => SequencesOf(example, encoder, model.MaxLength));
            return evaluation with
            {
                Scored = evaluation.Scored + block.Count,
                Scores = evaluation.Scores + Evaluator.Score(model, [.. learned], ct),
                Pairs = [.. evaluation.Pairs, .. PairScores.Of(model.Decoder, pairs)],
            };
        }
        if (_prompts.Length > 0)
            return Rewarded(model, encoder, evaluation, ct);
        var asked = _asked.Skip(evaluation.Answered).Take(BlockExamples).ToList();
        var answers = Evaluator.Answers(model, asked, AnswerTokens(model.Tokenizer, asked), ct);
        return evaluation with
        {
            Answered = evaluation.Answered + answers.Count,
            Exact = evaluation.Exact + answers.Count(answer => answer.Exact),
            Samples = [.. evaluation.Samples, .. answers.Take(KeptSamples - evaluation.Samples.Length)],
        };
    }

    private ModelEvaluation Rewarded(LanguageModel model, ChatEncoder encoder, ModelEvaluation evaluation, CancellationToken ct)
    {
        var asked = _prompts.Skip(evaluation.Answered).Take(BlockExamples).ToList();
        var answers = new TextGenerator(model).Generate(
            [.. asked.Select(prompt => new GenerationRequest(encoder.EncodePrompt(prompt), SamplingOptions.Greedy(rewards!.MaxAnswerTokens)))], BlockExamples, ct);
        return evaluation with
        {
            Answered = evaluation.Answered + asked.Count,
            RewardSum = evaluation.RewardSum + asked.Zip(answers, (prompt, answer) => rewards!.Of(prompt.Item, answer.Text).Value).Sum(),
        };
    }

    private static IReadOnlyList<TrainingSequence> SequencesOf(DatasetExample example, ChatEncoder encoder, int maxTokens) =>
        example is TextExample text ? encoder.EncodeDocument(text, maxTokens) : encoder.Encode(example);

    /// <summary>An answer longer than every expected one of its block, by a few tokens, is wrong however it goes on.</summary>
    private int AnswerTokens(Tokenizer tokenizer, IReadOnlyList<ChatExample> block)
    {
        var longest = block.Max(example => tokenizer.Encode(Evaluator.ExpectedOf(example)).Length);
        return Math.Min(settings.EvaluatedAnswerTokens, longest + 4);
    }
}
