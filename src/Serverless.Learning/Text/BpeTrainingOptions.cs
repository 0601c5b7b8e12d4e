using System.Collections.Immutable;

namespace Serverless.Learning.Text;

/// <summary>What <see cref="BpeTrainer"/> is asked for.</summary>
/// <param name="VocabularySize">Tokens in all: special tokens, the 256 bytes and the merges. A text with too few repeated pairs gives fewer.</param>
/// <param name="SpecialTokens">Tokens that stand for themselves, such as <c>&lt;|im_end|&gt;</c>; they take the ids 0, 1, … in this order.</param>
public sealed record BpeTrainingOptions(int VocabularySize, ImmutableArray<string> SpecialTokens)
{
    /// <summary>Checks every field.</summary>
    /// <exception cref="InputError">A field has a value that no tokenizer can have.</exception>
    internal void Validate()
    {
        if (SpecialTokens.IsDefault)
            throw new InputError("special tokens: not given; an empty list is allowed");
        if (SpecialTokens.Any(string.IsNullOrEmpty))
            throw new InputError("special tokens: found an empty one; each needs at least one character");
        if (SpecialTokens.GroupBy(token => token).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new InputError($"special tokens: found \"{twice.Key}\" {twice.Count()} times; each may be listed once");
        var least = SpecialTokens.Length + 256;
        if (VocabularySize < least)
            throw new InputError($"vocabulary size: found {VocabularySize}; at least {least} is needed for {SpecialTokens.Length} special tokens and 256 bytes");
    }
}
