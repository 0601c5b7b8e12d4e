using System.Buffers;
using System.Text;
using Serverless.Learning.Text.Bpe;

namespace Serverless.Learning.Text.PreTokenizers;

/// <summary>
/// GPT-2's pre-tokenizer (tokenizer.json's <c>ByteLevel</c>): a space before text that has none, if asked, then the words of GPT-2's
/// pattern, if asked, then every byte of their UTF-8 written in the <see cref="ByteAlphabet"/>.
/// </summary>
internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool useRegex) : PreTokenizer
{
    private const string Gpt2Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    private const int StackUnits = 256;

    private readonly SplitPreTokenizer? _words = useRegex ? new SplitPreTokenizer(new CodePointRegex(Gpt2Pattern), SplitBehavior.Isolated) : null;

    internal override bool MayGrow => true;

    internal override void Split(ReadOnlySpan<char> text, bool atStart, PieceSink sink)
    {
        if (text.IsEmpty)
            return;
        if (addPrefixSpace && text[0] != ' ')
            text = string.Concat(" ", text);
        if (_words is null)
            HandOver(text, atStart, sink);
        else
            _words.Split(text, atStart, new ByteWriter(sink));
    }

    private static void HandOver(ReadOnlySpan<char> piece, bool atStart, PieceSink sink)
    {
        var most = Encoding.UTF8.GetMaxByteCount(piece.Length);
        byte[]? rentedBytes = null;
        char[]? rentedUnits = null;
        try
        {
            var bytes = most <= StackUnits ? stackalloc byte[StackUnits] : rentedBytes = ArrayPool<byte>.Shared.Rent(most);
            var units = most <= StackUnits ? stackalloc char[StackUnits] : rentedUnits = ArrayPool<char>.Shared.Rent(most);
            var length = Encoding.UTF8.GetBytes(piece, bytes);
            for (var i = 0; i < length; i++)
                units[i] = ByteAlphabet.CharacterOf(bytes[i]);
            sink.Take(units[..length], atStart);
        }
        finally
        {
            if (rentedBytes is not null)
                ArrayPool<byte>.Shared.Return(rentedBytes);
            if (rentedUnits is not null)
                ArrayPool<char>.Shared.Return(rentedUnits);
        }
    }

    private sealed class ByteWriter(PieceSink next) : PieceSink
    {
        internal override void Take(ReadOnlySpan<char> piece, bool atStart) => HandOver(piece, atStart, next);
    }
}
