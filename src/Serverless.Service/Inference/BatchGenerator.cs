using System.Text;
using System.Text.Json;
using Serverless.Learning;
using Serverless.Learning.Models;
using Serverless.Learning.Sampling;
using Serverless.Learning.Text;
using Serverless.Learning.Text.ToolCalls;
using Serverless.Service.Models;
using Serverless.Service.Pipeline.FineTuning.Teaching;

namespace Serverless.Service.Inference;

/// <summary>Continues several conversations together with a model of a <see cref="ModelHost"/>, and waits while it is busy with others'.</summary>
public sealed class BatchGenerator(ModelHost host, TimeProvider clock)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The answers in the order of the conversations, each with the opening of its thinking where its prompt has written that; one that cannot be answered
    /// is a failure of its own.
    /// </summary>
    /// <param name="tools">The array of tools that each conversation offers, as sent, or null for none; null where none of them does.</param>
    /// <param name="options">The i-th conversation draws as number <see cref="SamplingOptions.Choice"/> + i; a grammar begins behind the thinking that a prompt opens.</param>
    public async Task<IReadOnlyList<BatchAnswer>> AnswerAsync(
        ModelRecord model, IReadOnlyList<IReadOnlyList<ChatMessage>> conversations, SamplingOptions options, CancellationToken ct, IReadOnlyList<JsonElement?>? tools = null)
    {
        while (true)
        {
            try
            {
                return await AnswerOnceAsync(model, conversations, tools ?? [.. conversations.Select(_ => (JsonElement?)null)], options, ct);
            }
            catch (InputError error) when (error.Code == "rate_limit_exceeded")
            {
                await Task.Delay(LookAgain, clock, ct);
            }
        }
    }

    private async Task<IReadOnlyList<BatchAnswer>> AnswerOnceAsync(
        ModelRecord model, IReadOnlyList<IReadOnlyList<ChatMessage>> conversations, IReadOnlyList<JsonElement?> tools, SamplingOptions options, CancellationToken ct)
    {
        ChatEncoder? encoder = null;
        var answers = conversations.Select(_ => new BatchAnswer("", null, 0, 0)).ToArray();
        var texts = conversations.Select(_ => new StringBuilder()).ToArray();
        var asked = new List<int>();
        await foreach (var piece in host.StreamAsync(model, loaded => Plan(loaded, conversations, tools, options, answers, texts, asked, encoder = loaded.Chat, ct), ct))
        {
            var (number, token, promptTokens) = piece;
            var at = asked[number];
            texts[at].Append(token.Text);
            var drawn = answers[at].CompletionTokens + (token.Id < 0 ? 0 : 1);
            answers[at] = new BatchAnswer(token.Finish is null ? "" : texts[at].ToString(), token.Finish, promptTokens, drawn) { CachedTokens = piece.CachedTokens };
        }
        return [.. answers.Zip(tools, (answer, offered) => offered is null || answer.Failure is not null ? answer : WithCalls(answer, encoder!, offered))];
    }

    private static BatchAnswer WithCalls(BatchAnswer answer, ChatEncoder encoder, JsonElement? tools)
    {
        var (content, reasoning, calls) = AnsweredCalls.ReadWhole(encoder, tools, answer.Text);
        return calls is null ? answer : answer with { Calls = calls, WithoutCalls = TeacherReply.WithThinking(reasoning, content) };
    }

    /// <summary>Asks what can be asked, and notes why the rest cannot.</summary>
    /// <param name="texts">Each takes the beginning of its answer that the prompt has written.</param>
    /// <param name="asked">Takes the places of the conversations that are asked.</param>
    private static GenerationPlan Plan(
        LanguageModel model, IReadOnlyList<IReadOnlyList<ChatMessage>> conversations, IReadOnlyList<JsonElement?> tools, SamplingOptions options, BatchAnswer[] answers, StringBuilder[] texts, List<int> asked,
        ChatEncoder encoder, CancellationToken ct)
    {
        var requests = new List<GenerationRequest>();
        for (var at = 0; at < answers.Length; at++)
        {
            try
            {
                if (tools[at] is not null && !encoder.WritesTools)
                {
                    answers[at] = Failed("found tools, which the model's chat template does not write; allowed: none");
                    continue;
                }
                var ids = encoder.EncodePrompt(conversations[at], tools[at], cancellationToken: ct);
                if (ids.Length >= model.MaxLength)
                {
                    answers[at] = Failed($"found {ids.Length} tokens; allowed: at most {model.MaxLength - 1}, the model's context less one token of answer");
                    continue;
                }
                var after = options.Grammar is null ? null : ChatPrompt.FormBeginsAfter(encoder, ids);
                requests.Add(new GenerationRequest(ids, options with { Choice = options.Choice + at, GrammarAfter = after, WrittenTokens = encoder.TokensOfCalls(tools[at]) }));
                texts[at].Append(Thought.Whole(encoder, ids, ""));
                asked.Add(at);
            }
            catch (InputError error)
            {
                answers[at] = Failed(error.Message);
            }
        }
        return new GenerationPlan(requests);
    }

    private static BatchAnswer Failed(string reason) => new("", null, 0, 0, reason);
}
