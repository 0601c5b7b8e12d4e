using Serverless.Learning.Data;
using Serverless.Learning.Evaluation;
using Serverless.Learning.Models;
using Serverless.Learning.Text;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Scores one model on examples, block by block, from where it was left.</summary>
internal sealed class EvaluationRun(IReadOnlyList<ChatExample> examples, DateTimeOffset templateTime, PipelineSettings settings)
{
    private const int BlockExamples = 64;
    private const int KeptSamples = 5;
    private readonly int _answers = Math.Min(examples.Count, settings.EvaluatedAnswers);

    /// <summary>Whether nothing is left to do for this model.</summary>
    public bool IsComplete(ModelEvaluation evaluation) => evaluation.Scored == examples.Count && evaluation.Answered == _answers;

    /// <summary>Scores or answers the next block.</summary>
    public ModelEvaluation Next(LanguageModel model, ModelEvaluation evaluation, CancellationToken ct)
    {
        var encoder = model.Chat.At(templateTime);
        if (evaluation.Scored < examples.Count)
        {
            var block = examples.Skip(evaluation.Scored).Take(BlockExamples).ToList();
            var scores = Evaluator.Score(model, [.. block.SelectMany(encoder.EncodeExample)], ct);
            return evaluation with { Scored = evaluation.Scored + block.Count, Scores = evaluation.Scores + scores };
        }
        var asked = examples.Skip(evaluation.Answered).Take(Math.Min(BlockExamples, _answers - evaluation.Answered)).ToList();
        var answers = Evaluator.Answers(model, asked, AnswerTokens(model.Tokenizer, asked), ct);
        return evaluation with
        {
            Answered = evaluation.Answered + answers.Count,
            Exact = evaluation.Exact + answers.Count(answer => answer.Exact),
            Samples = [.. evaluation.Samples, .. answers.Take(KeptSamples - evaluation.Samples.Length)],
        };
    }

    /// <summary>An answer longer than every expected one of its block, by a few tokens, is wrong however it goes on.</summary>
    private int AnswerTokens(Tokenizer tokenizer, IReadOnlyList<ChatExample> block)
    {
        var longest = block.Max(example => tokenizer.Encode(Evaluator.ExpectedOf(example)).Length);
        return Math.Min(settings.EvaluatedAnswerTokens, longest + 4);
    }
}
