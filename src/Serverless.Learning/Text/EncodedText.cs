using Serverless.Learning.Text.Jinja;

namespace Serverless.Learning.Text;

/// <summary>A rendered conversation with its tokens. Special tokens are those that the template wrote; the same characters in a message are ordinary text.</summary>
internal sealed class EncodedText
{
    private readonly Tokenizer _tokenizer;
    private readonly IReadOnlyList<Anchor> _anchors;

    private EncodedText(Tokenizer tokenizer, MarkedText text, int[] ids, IReadOnlyList<Anchor> anchors)
    {
        (_tokenizer, Text, Ids, _anchors) = (tokenizer, text, ids, anchors);
    }

    public MarkedText Text { get; }

    /// <summary>Token ids, shape [T].</summary>
    public int[] Ids { get; }

    public static EncodedText Encode(Tokenizer tokenizer, MarkedText text)
    {
        var found = new SortedSet<(int Start, int End)>();
        var ids = tokenizer.Encode(text.Value, (start, length) => !IsMarked(text.Marks, start, start + length) && (found.Add((start, start + length)) || true));
        var positions = Enumerable.Range(0, ids.Length).Where(i => tokenizer.IsSpecial(ids[i])).ToArray();
        if (positions.Length != found.Count)
            throw new InvalidOperationException($"the tokenizer found {found.Count} special tokens but wrote {positions.Length}");
        return new EncodedText(tokenizer, text, ids, [.. found.Zip(positions, (place, token) => new Anchor(place.Start, place.End, token))]);
    }

    /// <summary>The number of tokens that the first characters make, or null if they are not a token prefix of the whole.</summary>
    public int? TokensOf(int characters)
    {
        // What stands before a special token does not change the tokens after it: encoding from the last one on is enough.
        var last = _anchors.LastOrDefault(anchor => anchor.End <= characters);
        var tail = Encode(_tokenizer, Text.Slice(last.Start, characters - last.Start)).Ids;
        return Ids.AsSpan(last.Token).StartsWith(tail) ? last.Token + tail.Length : null;
    }

    /// <summary>The end of the last special token that lies between two characters, or null.</summary>
    public int? LastSpecialEnd(int start, int end)
    {
        var last = _anchors.LastOrDefault(anchor => anchor.Start >= start && anchor.End <= end);
        return last.End > 0 ? last.End : null;
    }

    /// <summary>The special token that ends before a character, or null if none does.</summary>
    public int? SpecialEndingAt(int end) => _anchors.FirstOrDefault(anchor => anchor.End == end) is { End: > 0 } anchor ? Ids[anchor.Token] : null;

    /// <summary>The end of the last character that comes from a message, or null if none does.</summary>
    public int? EndOfMessage(int index) => EndOfMessage(Text, index);

    /// <summary>The end of the last character of a rendered conversation that comes from a message, or null if none does.</summary>
    public static int? EndOfMessage(MarkedText text, int index)
    {
        for (var i = text.Marks.Count - 1; i >= 0; i--)
            if (text.Marks[i].IsOf(index))
                return text.Marks[i].End;
        return null;
    }

    private static bool IsMarked(IReadOnlyList<Mark> marks, int start, int end)
    {
        var (low, high) = (0, marks.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (marks[middle].End <= start)
                low = middle + 1;
            else
                high = middle;
        }
        return low < marks.Count && marks[low].Start < end;
    }

    /// <summary>Where a special token stands in the text and among the ids.</summary>
    private readonly record struct Anchor(int Start, int End, int Token);
}
