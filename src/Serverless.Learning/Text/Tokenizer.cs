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

    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = true) => throw new NotImplementedException();

    public int? IdOf(string token) => throw new NotImplementedException();

    public string TokenOf(int id) => throw new NotImplementedException();

    public bool IsSpecial(int id) => throw new NotImplementedException();

    public StreamingDecoder NewStreamingDecoder() => throw new NotImplementedException();
}
