using Serverless.Learning.Models;

namespace Serverless.Learning.Sampling;

/// <summary>Answers prompts with a loaded model. Not thread-safe: one caller generates at a time.</summary>
public sealed class TextGenerator(LanguageModel model)
{
    /// <summary>One answer, piece by piece; the last piece carries the reason it ended.</summary>
    /// <param name="prompt">Token ids, at least one.</param>
    /// <exception cref="InputError">The prompt leaves no room in the model's context, or a bias is of a token that the model does not have.</exception>
    public IEnumerable<GeneratedToken> Stream(int[] prompt, SamplingOptions options, CancellationToken cancellation)
    {
        using var batch = new GenerationBatch(model);
        var answer = batch.Add(prompt, [options])[0];
        while (answer.Finish is null)
        {
            cancellation.ThrowIfCancellationRequested();
            batch.Draw();
            yield return answer.Last!;
            batch.Advance();
        }
    }

    /// <summary>Answers several prompts together; each answer is the one it would get alone.</summary>
    /// <param name="options">Of all answers; the i-th prompt is answered as number <see cref="SamplingOptions.Choice"/> + i.</param>
    /// <exception cref="InputError">A prompt leaves no room in the model's context, or a bias is of a token that the model does not have.</exception>
    public IReadOnlyList<GeneratedText> Generate(IReadOnlyList<int[]> prompts, SamplingOptions options, CancellationToken cancellation) =>
        Generate([.. prompts.Select((prompt, row) => new GenerationRequest(prompt, options with { Choice = options.Choice + row }))], prompts.Count, cancellation);

    /// <summary>
    /// Answers many prompts in fixed batches of consecutive ones: rollouts, evaluations. Which batch a prompt falls into depends on its place only,
    /// so a repeated call repeats every bit; what prompts of a batch have in common at their beginning is read once.
    /// </summary>
    /// <param name="rows">How many are answered together, at least 1.</param>
    /// <returns>The answers, in the order of the requests.</returns>
    /// <exception cref="InputError">A prompt leaves no room in the model's context, or a bias is of a token that the model does not have; found before any is answered.</exception>
    public IReadOnlyList<GeneratedText> Generate(IReadOnlyList<GenerationRequest> requests, int rows, CancellationToken cancellation)
    {
        foreach (var request in requests) GenerationBatch.RoomFor(model, request.Prompt, request.Options);
        return [.. requests.Chunk(Math.Max(1, rows)).SelectMany(chunk => Together(chunk, cancellation))];
    }

    private IEnumerable<GeneratedText> Together(GenerationRequest[] requests, CancellationToken cancellation)
    {
        using var batch = new GenerationBatch(model);
        var answers = batch.Add(requests);
        while (batch.Growing.Count > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            batch.Draw();
            batch.Advance();
        }
        return [.. answers.Select(answer => answer.Result())];
    }
}
