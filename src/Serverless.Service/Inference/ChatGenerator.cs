using Serverless.Learning;
using Serverless.Learning.Models;
using Serverless.Learning.Sampling;
using Serverless.Service.Models;

namespace Serverless.Service.Inference;

/// <summary>Continues conversations with the models of a <see cref="ModelHost"/>.</summary>
public sealed class ChatGenerator(ModelHost host, TimeProvider time)
{
    /// <summary>The answers, piece by piece and one after the other.</summary>
    /// <exception cref="InputError">
    /// The conversation does not fit the model's context (<c>context_length_exceeded</c>) or its chat template; or see <see cref="ModelHost.StreamAsync"/>.
    /// </exception>
    public IAsyncEnumerable<ChatPiece> StreamAsync(ModelRecord model, ChatCall call, CancellationToken cancellationToken) =>
        host.StreamAsync(model, (loaded, stop) => Generate(loaded, call, stop), cancellationToken);

    private IEnumerable<ChatPiece> Generate(LanguageModel model, ChatCall call, CancellationToken cancellationToken)
    {
        var begun = time.GetTimestamp();
        var prompt = model.Chat.EncodePrompt(call.Messages);
        var room = model.MaxLength - prompt.Length;
        if (room < 1)
        {
            throw new InputError(
                $"This model's maximum context length is {model.MaxLength} tokens. However, your messages resulted in {prompt.Length} tokens. Please reduce the length of the messages.",
                "messages", "context_length_exceeded");
        }

        var generator = new TextGenerator(model);
        for (var choice = 0; choice < call.Choices; choice++)
        {
            foreach (var token in generator.Stream(prompt, OptionsOf(call, choice, room), cancellationToken))
            {
                var late = token.Finish is null && call.Limit != Timeout.InfiniteTimeSpan && time.GetElapsedTime(begun) > call.Limit;
                yield return new ChatPiece(choice, token.Text, prompt.Length, late ? FinishReason.Length : token.Finish);
                if (late)
                    break;
            }
        }
    }

    private static SamplingOptions OptionsOf(ChatCall call, int choice, int room) => new()
    {
        MaxTokens = Math.Min(call.MaxTokens ?? room, room),
        Temperature = call.Temperature,
        TopP = call.TopP,
        Seed = call.Seed,
        Choice = choice,
        Stop = call.Stop,
    };
}
