namespace Serverless.Learning.Text.Bpe;

/// <summary>The vocabulary of a training under way: special tokens, then the 256 bytes, then what merging made.</summary>
internal sealed class GrowingVocabulary
{
    private readonly List<string> _tokens;
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly List<(int Left, int Right)> _merges = [];
    private readonly HashSet<(int Left, int Right)> _merged = [];
    private readonly int[] _idOfByte = new int[256];

    internal GrowingVocabulary(IReadOnlyList<string> specialTokens)
    {
        _tokens = [.. specialTokens];
        foreach (var value in ByteAlphabet.InCharacterOrder)
            _idOfByte[value] = Add(ByteAlphabet.CharacterOf(value).ToString());
    }

    internal int Count => _tokens.Count;

    /// <summary>All tokens in the order of their ids, written in the byte alphabet except for the special ones.</summary>
    internal IReadOnlyList<string> Tokens => _tokens;

    /// <summary>The merges in the order in which encoding applies them.</summary>
    internal IReadOnlyList<(int Left, int Right)> Merges => _merges;

    internal int IdOfByte(byte value) => _idOfByte[value];

    /// <summary>Makes the token that joins two others, unless another pair already made the same text.</summary>
    /// <returns>The id of the joined token.</returns>
    internal int AddMerge(int left, int right)
    {
        if (_merged.Add((left, right)))
            _merges.Add((left, right));
        var token = _tokens[left] + _tokens[right];
        return _ids.TryGetValue(token, out var id) ? id : Add(token);
    }

    private int Add(string token)
    {
        _ids.Add(token, _tokens.Count);
        _tokens.Add(token);
        return _tokens.Count - 1;
    }
}
