using System.Text;
using Serverless.Learning;
using Serverless.Learning.Grading;
using Serverless.Learning.Sampling;
using Serverless.Service.Models;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Service.Pipeline.FineTuning.Teaching;

namespace Serverless.Service.Inference;

/// <summary>Asks what graders want to know: teachers of the configuration, and the models of this service.</summary>
public sealed class GraderModels(CheckpointModels models, Teachers teachers, ChatGenerator generator, TimeProvider clock)
{
    private const int Together = 16;
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

    /// <summary>The replies in the order of the questions; a model that is not there, or cannot answer, is a failure in its reply.</summary>
    public async Task<IReadOnlyList<GraderReply>> AskAsync(IReadOnlyList<GraderQuestion> questions, CancellationToken ct)
    {
        var replies = new GraderReply[questions.Count];
        await Parallel.ForAsync(0, questions.Count, new ParallelOptions { MaxDegreeOfParallelism = Together, CancellationToken = ct }, async (at, stop) =>
            replies[at] = await AskAsync(questions[at], stop));
        return replies;
    }

    /// <summary>The same for those who cannot do without the answers. A question that a model cannot answer is still a failure in its reply.</summary>
    /// <param name="parameter">The request parameter that holds the grader.</param>
    /// <exception cref="InputError">A model is not there any more, or refuses all questions.</exception>
    /// <exception cref="TeacherAwayException">A model does not answer now.</exception>
    public async Task<IReadOnlyList<GraderReply>> AskTogetherAsync(IReadOnlyList<GraderQuestion> questions, string parameter, CancellationToken ct)
    {
        var replies = await AskAsync(questions, ct);
        if (replies.FirstOrDefault(reply => reply.Absence == GraderAbsence.Gone) is { } gone)
            throw new InputError($"{parameter}: the model '{gone.Question.Model}' cannot be asked: {gone.Answer.Failure}", parameter, "model_not_available");
        if (replies.FirstOrDefault(reply => reply.Absence == GraderAbsence.Away) is { } away)
            throw new TeacherAwayException($"{parameter}: the model '{away.Question.Model}' does not answer: {away.Answer.Failure}") { Grader = parameter };
        return replies;
    }

    /// <summary>Refuses a grader that asks a model which does not exist.</summary>
    /// <param name="parameter">The request parameter that holds the grader.</param>
    /// <exception cref="InputError">There is no such model.</exception>
    public async Task CheckAsync(Grader grader, string parameter, CancellationToken ct)
    {
        foreach (var name in grader.Models)
            if (teachers.EndpointOf(name) is null && await models.DescribeAsync(new ModelId(name), ct) is null)
                throw new InputError($"{parameter}: found the model '{name}', which does not exist; allowed: {teachers.Allowed}", parameter, "model_not_available");
    }

    private async Task<GraderReply> AskAsync(GraderQuestion question, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Longest);
        try
        {
            return teachers.EndpointOf(question.Model) is { } teacher
                ? await AskAsync(question, teacher, limit.Token)
                : await models.FindAsync(new ModelId(question.Model), ct) is { } model
                    ? await AskAsync(question, model, limit.Token)
                    : Failed(question, "it does not exist", GraderAbsence.Gone);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return Failed(question, $"it gave no answer within {Longest.TotalMinutes:0} minutes", GraderAbsence.Away);
        }
    }

    private static async Task<GraderReply> AskAsync(GraderQuestion question, ITeacher teacher, CancellationToken ct)
    {
        try
        {
            var sampling = new TeacherSampling(1, question.Temperature, question.TopP, question.MaxTokens, question.Seed);
            var reply = (await teacher.AnswerAsync([new TeacherPrompt(0, 0, question.Messages, null)], sampling, ct))[0][0];
            return new GraderReply(question, new GraderAnswer(reply.Text, reply.Failure), 0, 0);
        }
        catch (InputError error)
        {
            return Failed(question, error.Message, GraderAbsence.Gone);
        }
        catch (TeacherAwayException away)
        {
            return Failed(question, away.Message, GraderAbsence.Away);
        }
    }

    private async Task<GraderReply> AskAsync(GraderQuestion question, ModelRecord model, CancellationToken ct)
    {
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

    private static GraderReply Failed(GraderQuestion question, string reason, GraderAbsence absence = GraderAbsence.None) =>
        new(question, new GraderAnswer("", reason), 0, 0, absence);
}
