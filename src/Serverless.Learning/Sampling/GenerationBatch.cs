using Serverless.Learning.Models;

namespace Serverless.Learning.Sampling;

/// <summary>
/// Answers that are generated together: each <see cref="Draw"/> gives every one of them a token, each <see cref="Advance"/> reads those tokens in one
/// forward pass. Answers join and leave at any time between; in float32 none depends on the others beyond the rounding of
/// libtorch's matrix products, which choose their order of summation by the number of rows; they read long prompts, and grow more than 64 answers
/// together. Not thread-safe. Owns its cache.
/// </summary>
/// <param name="prefixes">Where the beginnings of prompts that are read alone are looked up and kept; null reads each of them whole.</param>
public sealed class GenerationBatch(LanguageModel model, PromptPrefixes? prefixes = null) : IDisposable
{
    private readonly DecodingBatch batch = new(model, prefixes);
    private readonly List<GrowingAnswer> growing = [];
    private readonly List<GrowingAnswer> drawn = [];
    private TokenDraw[] draws = [];
    private int[] last = [];

    /// <summary>The answers that have not ended, in the order in which they joined.</summary>
    public IReadOnlyList<GrowingAnswer> Growing => growing;

    /// <summary>Reads a prompt once and lets answers to it grow, one for each of the options.</summary>
    /// <param name="prompt">Token ids, at least one.</param>
    /// <param name="onPromptScores">Given the scores of each token of the prompt, from the first; null if not wanted.</param>
    /// <param name="topScores">How many alternatives a token of the prompt is scored with.</param>
    /// <param name="reader">What reads and answers it: this batch's model, or that <see cref="LanguageModel.WithAdapter">with an adapter</see>; null for the first.</param>
    /// <returns>The answers, in the order of the options.</returns>
    /// <exception cref="InputError">The prompt leaves no room in the model's context (<c>context_length_exceeded</c>), or a bias is of a token that the model does not have.</exception>
    public IReadOnlyList<GrowingAnswer> Add(
        int[] prompt, IReadOnlyList<SamplingOptions> options, Action<TokenScores>? onPromptScores = null, int topScores = 0,
        LanguageModel? reader = null)
    {
        var answers = options.Select(each => new GrowingAnswer(model, each, prompt.Length, RoomFor(model, prompt, each))).ToList();
        var wanted = answers.Where(answer => answer.Finish is null).ToList();
        onPromptScores?.Invoke(TokenScores.Unpredicted(prompt[0], model.Tokenizer));
        if (wanted.Count == 0 && onPromptScores is null) return answers;
        var known = batch.Join(reader ?? model, prompt, wanted.Count, onPromptScores is null ? null
            : (place, logits) => onPromptScores(TokenScores.Of(logits, prompt[place + 1], topScores, model.Tokenizer)));
        foreach (var answer in wanted) answer.CachedTokens = known;
        growing.AddRange(wanted);
        return answers;
    }

    /// <summary>Reads prompts together and lets an answer to each grow.</summary>
    /// <returns>The answers, in the order of the requests.</returns>
    /// <exception cref="InputError">A prompt leaves no room in the model's context (<c>context_length_exceeded</c>), or a bias is of a token that the model does not have.</exception>
    public IReadOnlyList<GrowingAnswer> Add(IReadOnlyList<GenerationRequest> requests)
    {
        var answers = requests.Select(request =>
            new GrowingAnswer(model, request.Options, request.Prompt.Length, RoomFor(model, request.Prompt, request.Options))).ToList();
        int[] wanted = [.. Enumerable.Range(0, answers.Count).Where(at => answers[at].Finish is null)];
        batch.Join([.. wanted.Select(at => requests[at].Prompt)]);
        growing.AddRange(wanted.Select(at => answers[at]));
        return answers;
    }

    /// <summary>Gives every answer a token, which is its <see cref="GrowingAnswer.Last"/> then. Answers that end with it have left.</summary>
    /// <returns>The answers that got one, until the next draw.</returns>
    public IReadOnlyList<GrowingAnswer> Draw()
    {
        drawn.Clear();
        drawn.AddRange(growing);
        if (draws.Length < drawn.Count) (draws, last) = (new TokenDraw[drawn.Count], new int[drawn.Count]);
        // What looks at the whole vocabulary runs on all threads; the rest touches what answers have in common, such as a grammar's automaton.
        for (var row = 0; row < drawn.Count; row++) draws[row] = drawn[row].Begin(batch.LogitsOf(row));
        TokenDraws.Run(draws.AsSpan(0, drawn.Count), batch.Logits);
        var ended = false;
        for (var row = 0; row < drawn.Count; row++)
        {
            drawn[row].End(draws[row], batch.LogitsOf(row));
            ended |= drawn[row].Finish is not null;
        }
        if (ended) Keep(answer => answer.Finish is null);
        return drawn;
    }

    /// <summary>Reads the tokens that were drawn.</summary>
    public void Advance()
    {
        if (growing.Count == 0) return;
        for (var row = 0; row < growing.Count; row++) last[row] = growing[row].Last!.Id;
        batch.Append(last.AsSpan(0, growing.Count));
    }

    /// <summary>Takes out answers that nobody waits for any more.</summary>
    public void Remove(IReadOnlySet<GrowingAnswer> answers) => Keep(answer => !answers.Contains(answer));

    public void Dispose() => batch.Dispose();

    /// <summary>How many tokens an answer may have, after checking that the model can give it.</summary>
    internal static int RoomFor(LanguageModel model, int[] prompt, SamplingOptions options)
    {
        options.CheckBiases(model.Decoder.Config.VocabularySize);
        if (options.MaxTokens == 0 && prompt.Length <= model.MaxLength) return 0;
        var room = Math.Min(options.MaxTokens, model.MaxLength - prompt.Length);
        return room > 0 ? room : throw new InputError(
            $"messages: found {prompt.Length} tokens; allowed: at most {model.MaxLength - 1}, the model's context less one token of answer",
            "messages", "context_length_exceeded");
    }

    private void Keep(Predicate<GrowingAnswer> stays)
    {
        int[] kept = [.. Enumerable.Range(0, growing.Count).Where(row => stays(growing[row]))];
        batch.Keep(kept);
        growing.RemoveAll(answer => !stays(answer));
    }
}
