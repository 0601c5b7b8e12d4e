using System.Runtime.CompilerServices;
using Serverless.Learning;
using Serverless.Learning.Models;
using Serverless.Learning.Sampling;
using Serverless.Service.Models;

namespace Serverless.Service.Inference;

/// <summary>Continues texts with the models of a <see cref="ModelHost"/>, without a chat template.</summary>
public sealed class CompletionGenerator(ModelHost host)
{
    /// <summary>The answers, piece by piece.</summary>
    /// <exception cref="InputError">
    /// A prompt is empty, it or the biases have a token that the model does not have, or it does not fit the model's context (<c>context_length_exceeded</c>); or see
    /// <see cref="ModelHost.StreamAsync"/>.
    /// </exception>
    public async IAsyncEnumerable<CompletionPiece> StreamAsync(ModelRecord model, CompletionCall call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string[] echoes = [];
        var opening = 0;
        var begun = new HashSet<int>();
        await foreach (var piece in host.StreamAsync(model, Plan, cancellationToken))
        {
            var echo = call.Echo && begun.Add(piece.Answer) ? echoes[piece.Answer / call.Choices] : "";
            // What the model expects before the text is not part of it.
            var opened = call.Prompts[piece.Answer / call.Choices].Text is null ? 0 : opening;
            IReadOnlyList<TokenScores> scores = [.. (piece.PromptScores ?? []).Skip(opened), .. piece.Token.Scores is { } scored ? [scored] : Array.Empty<TokenScores>()];
            yield return new CompletionPiece(piece.Answer, echo + piece.Token.Text, piece.PromptTokens, piece.Token.Id < 0 ? 0 : 1, scores, piece.Token.Finish)
            {
                CachedTokens = piece.CachedTokens,
            };
        }

        GenerationPlan Plan(LanguageModel loaded)
        {
            opening = loaded.Opening.Count;
            var prompts = call.Prompts.Select((prompt, index) => Encode(loaded, prompt, call.Options.MaxTokens, call.Prompts.Count == 1 ? "prompt" : $"prompt[{index}]")).ToArray();
            if (call.Echo) echoes = [.. prompts.Select((ids, index) => call.Prompts[index].Text ?? loaded.Tokenizer.Decode(ids, skipSpecial: false))];
            return new GenerationPlan([.. prompts.SelectMany((prompt, row) => Enumerable.Range(0, call.Choices)
                .Select(choice => new GenerationRequest(prompt, call.Options with { Choice = row * call.Choices + choice })))])
            {
                PromptScores = call.Echo ? call.Options.TopScores : null,
                Limit = call.Limit,
            };
        }
    }

    private static int[] Encode(LanguageModel model, CompletionPrompt prompt, int maxTokens, string parameter)
    {
        int[] ids = prompt.Text is { } text ? [.. model.Opening, .. model.Tokenizer.Encode(text, parseSpecial: true)] : [.. prompt.Ids];
        var vocabulary = model.Decoder.Config.VocabularySize;
        if (ids.Length == 0) throw new InputError($"Invalid '{parameter}': empty prompt. Expected at least one token.", parameter, "invalid_value");
        foreach (var id in ids)
        {
            if (id < 0 || id >= vocabulary)
                throw new InputError($"Invalid '{parameter}': found the token {id}; allowed: 0 to {vocabulary - 1}, the model's vocabulary.", parameter, "invalid_value");
        }

        var room = model.MaxLength - (maxTokens == 0 ? 0 : 1);
        return ids.Length <= room ? ids : throw new InputError(
            $"This model's maximum context length is {model.MaxLength} tokens. However, your prompt resulted in {ids.Length} tokens. Please reduce the length of the prompt.",
            parameter, "context_length_exceeded");
    }
}
