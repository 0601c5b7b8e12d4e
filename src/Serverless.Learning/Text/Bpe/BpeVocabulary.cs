namespace Serverless.Learning.Text.Bpe;

/// <summary>The section <c>model</c> of a tokenizer.json of type BPE, checked: every id that it names exists.</summary>
/// <param name="Ids">Token to id.</param>
/// <param name="UnknownId">What a character becomes that has neither token nor byte tokens; null: it is left out.</param>
/// <param name="FuseUnknown">Whether neighbouring unknown characters become one token.</param>
/// <param name="ByteTokens">The ids of <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c> (-1: absent) when unknown characters fall back to bytes; else null.</param>
/// <param name="IgnoreMerges">Whether a word that is a token itself becomes that token without merging.</param>
/// <param name="Joints">Last and first UTF-16 unit of the two sides of each merge: no merge reaches across any other two neighbours. Null: unknown.</param>
internal sealed record BpeVocabulary(
    Dictionary<string, int> Ids,
    MergeTable Merges,
    int? UnknownId,
    bool FuseUnknown,
    int[]? ByteTokens,
    bool IgnoreMerges,
    HashSet<int>? Joints)
{
    internal static int JointOf(char left, char right) => (left << 16) | right;
}
