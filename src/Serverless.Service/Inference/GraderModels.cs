using System.Text;
using Serverless.Learning;
using Serverless.Learning.Grading;
using Serverless.Learning.Sampling;
using Serverless.Service.Models;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Service.Inference;

/// <summary>Asks the models of this service what graders want to know.</summary>
public sealed class GraderModels(CheckpointModels models, ChatGenerator generator, TimeProvider clock)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    /// <summary>The replies in the order of the questions; a model that is not there, or cannot answer, is a failure in its reply.</summary>
    public async Task<IReadOnlyList<GraderReply>> AskAsync(IReadOnlyList<GraderQuestion> questions, CancellationToken ct)
    {
        var replies = new List<GraderReply>();
        foreach (var question in questions)
            replies.Add(await AskAsync(question, ct));
        return replies;
    }

    /// <summary>Refuses a grader that asks a model which does not exist.</summary>
    /// <param name="parameter">The request parameter that holds the grader.</param>
    /// <exception cref="InputError">There is no such model.</exception>
    public async Task CheckAsync(Grader grader, string parameter, CancellationToken ct)
    {
        foreach (var name in grader.Models)
            if (await models.DescribeAsync(new ModelId(name), ct) is null)
                throw new InputError($"{parameter}: found the model '{name}', which does not exist; allowed: a model of this service", parameter, "model_not_available");
    }

    private async Task<GraderReply> AskAsync(GraderQuestion question, CancellationToken ct)
    {
        if (await models.FindAsync(new ModelId(question.Model), ct) is not { } model)
            return Failed(question, "it does not exist");
        var call = new ChatCall
        {
            Messages = question.Messages,
            Options = new SamplingOptions
            {
                MaxTokens = question.MaxTokens, Temperature = question.Temperature, TopP = question.TopP, Seed = question.Seed,
            },
        };
        while (true)
        {
            try
            {
                return await AnswerAsync(question, model, call, ct);
            }
            catch (InputError error) when (error.Code == "rate_limit_exceeded")
            {
                // The model is busy with others' requests: a grade must not depend on that.
                await Task.Delay(LookAgain, clock, ct);
            }
            catch (InputError error)
            {
                return Failed(question, error.Message);
            }
        }
    }

    private async Task<GraderReply> AnswerAsync(GraderQuestion question, ModelRecord model, ChatCall call, CancellationToken ct)
    {
        var text = new StringBuilder();
        var (prompt, cached, tokens) = (0, 0, 0);
        await foreach (var piece in generator.StreamAsync(model, call, ct))
        {
            foreach (var part in piece.Parts)
                text.Append(part.Content);
            (prompt, cached) = (piece.PromptTokens, piece.CachedTokens);
            tokens += piece.Tokens;
        }
        return new GraderReply(question, new GraderAnswer(text.ToString()), prompt, tokens) { CachedTokens = cached };
    }

    private static GraderReply Failed(GraderQuestion question, string reason) => new(question, new GraderAnswer("", reason), 0, 0);
}
