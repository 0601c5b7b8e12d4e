using Serverless.Learning.Models;
using Serverless.Learning.Text;

namespace Serverless.Learning.Sampling;

/// <summary>Answers prompts with a loaded model. Not thread-safe: one caller generates at a time.</summary>
public sealed class TextGenerator(LanguageModel model)
{
    /// <summary>One answer, piece by piece; the last piece carries the reason it ended.</summary>
    /// <param name="prompt">Token ids, at least one.</param>
    /// <exception cref="InputError">The prompt leaves no room in the model's context.</exception>
    public IEnumerable<GeneratedToken> Stream(int[] prompt, SamplingOptions options, CancellationToken cancellation)
    {
        var room = RoomFor(prompt, options);
        using var batch = new DecodingBatch(model.Decoder, [prompt], prompt.Length + room);
        var answer = new Answer(model, options, options.Choice, room);
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var id = answer.Draw(batch.Logits);
            var text = answer.Take(id);
            if (answer.Finish is { } finish)
            {
                yield return new GeneratedToken(-1, text, finish);
                yield break;
            }
            yield return new GeneratedToken(id, text, null);
            batch.Append([id]);
        }
    }

    /// <summary>Answers several prompts together; each answer is the one it would get alone.</summary>
    /// <exception cref="InputError">A prompt leaves no room in the model's context.</exception>
    public IReadOnlyList<GeneratedText> Generate(IReadOnlyList<int[]> prompts, SamplingOptions options, CancellationToken cancellation)
    {
        var rooms = prompts.Select(prompt => RoomFor(prompt, options)).ToArray();
        var answers = rooms.Select((room, row) => new Answer(model, options, options.Choice + row, room)).ToArray();
        using var batch = new DecodingBatch(model.Decoder, prompts, prompts.Max(prompt => prompt.Length) + rooms.Max());
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var next = new int[prompts.Count];
            for (var row = 0; row < answers.Length; row++)
            {
                if (answers[row].Finish is not null) continue;
                next[row] = answers[row].Draw(batch.Logits.AsSpan(row * batch.VocabularySize, batch.VocabularySize));
                answers[row].Take(next[row]);
            }
            if (answers.All(answer => answer.Finish is not null)) return answers.Select(answer => answer.Result()).ToList();
            batch.Append(next);
        }
    }

    private int RoomFor(int[] prompt, SamplingOptions options)
    {
        var room = Math.Min(options.MaxTokens, model.MaxLength - prompt.Length);
        return room > 0 ? room : throw new InputError(
            $"messages: found {prompt.Length} tokens; allowed: at most {model.MaxLength - 1}, the model's context less one token of answer",
            "messages", "context_length_exceeded");
    }

    /// <summary>One answer as it grows.</summary>
    private sealed class Answer(LanguageModel model, SamplingOptions options, int choice, int room)
    {
        private readonly List<int> ids = [];
        private readonly System.Text.StringBuilder whole = new();
        private readonly StreamingDecoder decoder = model.Tokenizer.NewStreamingDecoder();
        private readonly StopScanner scanner = new(options.Stop);

        public FinishReason? Finish { get; private set; }

        public int Draw(Span<float> logits) => TokenChoice.Draw(logits, options, choice, ids.Count);

        /// <summary>Takes a drawn token; returns the text that is certain now.</summary>
        public string Take(int id)
        {
            string certain;
            if (model.StopIds.Contains(id))
            {
                Finish = FinishReason.Stop;
                certain = scanner.Append(decoder.Flush()) + scanner.Flush();
            }
            else
            {
                ids.Add(id);
                certain = scanner.Append(decoder.Append(id));
                if (scanner.Stopped) Finish = FinishReason.Stop;
                else if (ids.Count >= room)
                {
                    Finish = FinishReason.Length;
                    certain += scanner.Append(decoder.Flush()) + scanner.Flush();
                }
            }
            whole.Append(certain);
            return certain;
        }

        public GeneratedText Result() => new(whole.ToString(), ids, Finish!.Value);
    }
}
