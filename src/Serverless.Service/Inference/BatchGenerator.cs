using Serverless.Learning;
using Serverless.Learning.Models;
using Serverless.Learning.Sampling;
using Serverless.Learning.Text;
using Serverless.Service.Models;

namespace Serverless.Service.Inference;

/// <summary>Continues several conversations together with a model of a <see cref="ModelHost"/>, and waits while it is busy with others'.</summary>
public sealed class BatchGenerator(ModelHost host, TimeProvider clock)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    /// <summary>The answers in the order of the conversations; one that cannot be answered is a failure of its own.</summary>
    /// <param name="options">The i-th conversation draws as number <see cref="SamplingOptions.Choice"/> + i.</param>
    public async Task<IReadOnlyList<BatchAnswer>> AnswerAsync(
        ModelRecord model, IReadOnlyList<IReadOnlyList<ChatMessage>> conversations, SamplingOptions options, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                await foreach (var answers in host.StreamAsync<IReadOnlyList<BatchAnswer>>(model, (loaded, stop) => [Answer(loaded, conversations, options, stop)], ct))
                    return answers;
                throw new InvalidOperationException($"{model.Id} gave nothing");
            }
            catch (InputError error) when (error.Code == "rate_limit_exceeded")
            {
                await Task.Delay(LookAgain, clock, ct);
            }
        }
    }

    private static BatchAnswer[] Answer(
        LanguageModel model, IReadOnlyList<IReadOnlyList<ChatMessage>> conversations, SamplingOptions options, CancellationToken ct)
    {
        var (answers, prompts) = (new BatchAnswer[conversations.Count], new List<(int At, int[] Ids)>());
        for (var at = 0; at < answers.Length; at++)
        {
            try
            {
                var ids = model.Chat.EncodePrompt(conversations[at]);
                if (ids.Length < model.MaxLength)
                    prompts.Add((at, ids));
                else
                    answers[at] = Failed($"found {ids.Length} tokens; allowed: at most {model.MaxLength - 1}, the model's context less one token of answer");
            }
            catch (InputError error)
            {
                answers[at] = Failed(error.Message);
            }
        }
        // Draws are numbered by place, so a batch with a gap is generated in the runs between its gaps. Rows go on as long as the longest answer,
        // past the end of the context where a prompt leaves less room: such a prompt goes alone.
        for (var begin = 0; begin < prompts.Count;)
        {
            var end = begin + 1;
            while (end < prompts.Count && prompts[end].At == prompts[end - 1].At + 1 && HasRoom(prompts[end - 1].Ids) && HasRoom(prompts[end].Ids))
                end++;
            var texts = new TextGenerator(model).Generate(
                [.. prompts[begin..end].Select(prompt => prompt.Ids)], options with { Choice = options.Choice + prompts[begin].At }, ct);
            for (; begin < end; begin++)
            {
                var text = texts[begin - end + texts.Count];
                answers[prompts[begin].At] = new BatchAnswer(text.Text, text.Finish, prompts[begin].Ids.Length, text.Ids.Count);
            }
        }
        return answers;

        bool HasRoom(int[] prompt) => prompt.Length + options.MaxTokens <= model.MaxLength;
    }

    private static BatchAnswer Failed(string reason) => new("", null, 0, 0, reason);
}
