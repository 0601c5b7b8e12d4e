using System.Runtime.CompilerServices;
using Serverless.Learning;
using Serverless.Learning.Sampling;
using Serverless.Learning.Text.ToolCalls;
using Serverless.Service.Models;

namespace Serverless.Service.Inference;

/// <summary>Continues conversations with the models of a <see cref="ModelHost"/>.</summary>
public sealed class ChatGenerator(ModelHost host)
{
    /// <summary>The answers, piece by piece.</summary>
    /// <exception cref="InputError">
    /// The conversation does not fit the model's context (<c>context_length_exceeded</c>) or its chat template, the model cannot be offered the
    /// tools or lacks a token of the biases; or see <see cref="ModelHost.StreamAsync"/>.
    /// </exception>
    public async IAsyncEnumerable<ChatPiece> StreamAsync(ModelRecord model, ChatCall call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        AnswerReader[] readers = [];
        var pieces = host.StreamAsync(model, loaded =>
        {
            var prompt = ChatPrompt.Of(loaded, call, cancellationToken);
            var names = call.Tools?.Callable.Select(tool => tool.Name).ToHashSet() ?? [];
            readers = [.. Enumerable.Range(0, call.Choices).Select(_ => new AnswerReader(prompt.Format, names, loaded.Chat.Thinks, prompt.Start))];
            return new GenerationPlan([.. Enumerable.Range(0, call.Choices).Select(choice => new GenerationRequest(prompt.Ids, prompt.Options with { Choice = choice }))])
            {
                Limit = call.Limit,
            };
        }, cancellationToken);

        await foreach (var piece in pieces)
        {
            var (choice, token, promptTokens) = piece;
            var reader = readers[choice];
            var tokens = token.Id < 0 ? 0 : 1;
            var reasoning = reader.IsThinking ? tokens : 0;
            var parts = reader.Append(token.Text, ends: token.Finish is not null);
            yield return new ChatPiece(choice, parts, promptTokens, tokens, token.Finish)
            {
                CachedTokens = piece.CachedTokens, ReasoningTokens = reasoning, HasCalls = reader.HasCalls, Scores = token.Scores,
            };
        }
    }
}
