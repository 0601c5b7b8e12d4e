using Serverless.Api.Wire;

namespace Serverless.Api.Sampling;

/// <summary>Counts the tokens of an answer's pieces, for the usage.</summary>
internal sealed class AnswerTokens
{
    private readonly Dictionary<int, (int Tokens, int Cached)> _prompts = [];

    /// <summary>Tokens of the prompts: each once, however many answers it has.</summary>
    private int Prompt => _prompts.Values.Sum(prompt => prompt.Tokens);

    /// <summary>Those of them that had been read before its first answer began.</summary>
    private int Cached => _prompts.Values.Sum(prompt => prompt.Cached);

    /// <summary>Tokens drawn.</summary>
    private int Completion { get; set; }

    /// <summary>Those of them that were thinking.</summary>
    private int Reasoning { get; set; }

    public UsageObject Usage => new(Prompt, Cached, Completion, Reasoning);

    /// <param name="prompt">Which prompt the piece answers.</param>
    public void Add(int prompt, int promptTokens, int cachedTokens, int tokens, int reasoning = 0)
    {
        _prompts.TryAdd(prompt, (promptTokens, cachedTokens));
        Completion += tokens;
        Reasoning += reasoning;
    }
}
