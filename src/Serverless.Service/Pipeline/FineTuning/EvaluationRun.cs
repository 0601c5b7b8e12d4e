using Serverless.Learning.Data;
using Serverless.Learning.Evaluation;
using Serverless.Learning.Models;
using Serverless.Learning.Text;

namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>Scores one model on examples, block by block, from where it was left.</summary>
/// <param name="graded">Whether graders see the answers: then one that goes on too long for an exact match is not cut there.</param>
internal sealed class EvaluationRun(IReadOnlyList<ChatExample> examples, DateTimeOffset templateTime, bool graded, PipelineSettings settings)
{
    private const int BlockExamples = 64;
    private const int KeptSamples = 20;
    private readonly int _answers = Math.Min(examples.Count, settings.EvaluatedAnswers);

    /// <summary>Whether nothing is left to do for this model.</summary>
    public bool IsComplete(ModelEvaluation evaluation) => evaluation.Scored == examples.Count && evaluation.Answered == _answers;

    /// <summary>Scores or answers the next block; the answers are still to be graded.</summary>
    public (ModelEvaluation Part, IReadOnlyList<GradedAnswer> Answers) Next(LanguageModel model, ModelEvaluation evaluation, CancellationToken ct)
    {
        var encoder = model.Chat.At(templateTime);
        if (evaluation.Scored < examples.Count)
        {
            var block = examples.Skip(evaluation.Scored).Take(BlockExamples).ToList();
            var scores = Evaluator.Score(model, [.. block.SelectMany(encoder.EncodeExample)], ct);
            return (evaluation with { Scored = evaluation.Scored + block.Count, Scores = evaluation.Scores + scores }, []);
        }
        var asked = examples.Skip(evaluation.Answered).Take(Math.Min(BlockExamples, _answers - evaluation.Answered)).ToList();
        var answers = Evaluator.Answers(model, asked, AnswerTokens(model.Tokenizer, asked), ct);
        var next = evaluation with
        {
            Answered = evaluation.Answered + answers.Count,
            ExactMatches = evaluation.ExactMatches.AddRange(answers.Select(answer => answer.Exact ? 1.0 : 0.0)),
            Samples = [.. evaluation.Samples, .. answers.Take(KeptSamples - evaluation.Samples.Length)],
        };
        return (next, answers);
    }

    /// <summary>An answer longer than every expected one of its block, by a few tokens, is no exact match however it goes on.</summary>
    private int AnswerTokens(Tokenizer tokenizer, IReadOnlyList<ChatExample> block)
    {
        if (graded)
            return settings.EvaluatedAnswerTokens;
        var longest = block.Max(example => tokenizer.Encode(Evaluator.ExpectedOf(example)).Length);
        return Math.Min(settings.EvaluatedAnswerTokens, longest + 4);
    }
}
