namespace Serverless.Learning.Text;

/// <summary>A tokenizer read from a Hugging Face tokenizer.json. Thread safe.</summary>
public sealed class Tokenizer
{
    private Tokenizer()
    {
    }

    public int VocabularySize => throw new NotImplementedException();

    public static Tokenizer Load(string path) => throw new NotImplementedException();

    public int[] Encode(string text, bool parseSpecial = false) => throw new NotImplementedException();

    /// <summary>
    /// The ids of a text in which special tokens are parsed only where the caller says so; the same characters elsewhere are ordinary text. This is how
    /// the chat encoder keeps a template's tokens apart from what a user types. Added tokens that are not special are parsed everywhere.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="isSpecialAt">Given the start and length, in UTF-16 units, of a special token's characters in the text: whether it is one.</param>
    public int[] Encode(string text, Func<int, int, bool> isSpecialAt) => throw new NotImplementedException();

    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = true) => throw new NotImplementedException();

    public int? IdOf(string token) => throw new NotImplementedException();

    public string TokenOf(int id) => throw new NotImplementedException();

    public bool IsSpecial(int id) => throw new NotImplementedException();

    public StreamingDecoder NewStreamingDecoder() => throw new NotImplementedException();
}
