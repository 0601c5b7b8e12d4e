using Serverless.Api.Wire;

namespace Serverless.Api.Sampling;

/// <summary>Counts the tokens of an answer's pieces, for the usage.</summary>
internal sealed class AnswerTokens
{
    private readonly Dictionary<int, int> _prompts = [];

    /// <summary>Tokens read: each prompt once, however many answers it has.</summary>
    private int Prompt => _prompts.Values.Sum();

    /// <summary>Tokens drawn.</summary>
    private int Completion { get; set; }

    /// <summary>Those of them that were thinking.</summary>
    private int Reasoning { get; set; }

    public UsageObject Usage => new(Prompt, Completion, Reasoning);

    /// <param name="prompt">Which prompt the piece answers.</param>
    public void Add(int prompt, int promptTokens, int tokens, int reasoning = 0)
    {
        _prompts[prompt] = promptTokens;
        Completion += tokens;
        Reasoning += reasoning;
    }
}
