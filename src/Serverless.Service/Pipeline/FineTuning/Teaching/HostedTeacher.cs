using Serverless.Learning.Sampling;
using Serverless.Learning.Text.ToolCalls;
using Serverless.Service.Inference;
using Serverless.Service.Models;

namespace Serverless.Service.Pipeline.FineTuning.Teaching;

/// <summary>A model of this service as a teacher. Its answers follow from its weights, the seed and the prompt's number.</summary>
internal sealed class HostedTeacher(ModelRecord model, BatchGenerator generator) : ITeacher
{
    public string Name => model.Id.Value;

    public int Together => 32;

    public async Task<IReadOnlyList<IReadOnlyList<TeacherReply>>> AnswerAsync(
        IReadOnlyList<TeacherPrompt> prompts, TeacherSampling sampling, CancellationToken ct)
    {
        var options = new SamplingOptions
        {
            MaxTokens = sampling.MaxTokens,
            Temperature = sampling.Temperature,
            TopP = sampling.TopP,
            Seed = sampling.Seed,
            Choice = prompts[0].Number * sampling.Samples,
        };
        var conversations = prompts.SelectMany(prompt => Enumerable.Repeat(prompt.Messages, sampling.Samples)).ToList();
        var tools = prompts.SelectMany(prompt => Enumerable.Repeat(prompt.Tools, sampling.Samples)).ToList();
        var answers = await generator.AnswerAsync(model, conversations, options, ct, tools);
        return [.. answers.Chunk(sampling.Samples).Select(Replies)];
    }

    private static IReadOnlyList<TeacherReply> Replies(BatchAnswer[] answers) => [.. answers.Select(answer => answer.Failure is { } failure
        ? TeacherReply.Failed(failure)
        : new TeacherReply(answer.Content.Trim(), answer.Finish == FinishReason.Length) { ToolCalls = AnsweredCalls.ToJson(answer.Calls) })];
}
