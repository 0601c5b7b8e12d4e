using System.Collections.Immutable;
using Serverless.Learning.Text.AddedTokens;
using Serverless.Learning.Text.Bpe;
using Serverless.Learning.Text.Decoding;
using Serverless.Learning.Text.Normalizers;
using Serverless.Learning.Text.PreTokenizers;

namespace Serverless.Learning.Text.Reading;

/// <summary>The sections of a tokenizer.json, checked and built.</summary>
/// <param name="Tokens">Indexed by id; null where no token has the id.</param>
/// <param name="IdOf">The ids of all tokens, added ones included.</param>
internal sealed record TokenizerParts(
    ImmutableArray<AddedToken> AddedTokens,
    Normalizer? Normalizer,
    PreTokenizer? PreTokenizer,
    BpeVocabulary Vocabulary,
    TokenBytes TokenBytes,
    string?[] Tokens,
    Dictionary<string, int> IdOf);
