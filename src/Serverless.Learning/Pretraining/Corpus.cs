using System.Security.Cryptography;
using System.Text;

namespace Serverless.Learning.Pretraining;

/// <summary>
/// Plain text to pre-train on: every <c>*.txt</c> file of a folder, UTF-8, documents separated by two blank lines. Whether a document is
/// held out follows from its own bytes, so it stays held out whatever is added to the folder.
/// </summary>
public sealed class Corpus
{
    private const int HeldOutOf = 100;

    private Corpus(IReadOnlyList<string> training, IReadOnlyList<string> heldOut)
    {
        Training = training;
        HeldOut = heldOut;
    }

    public IReadOnlyList<string> Training { get; }

    /// <summary>About one document in a hundred, never trained on.</summary>
    public IReadOnlyList<string> HeldOut { get; }

    /// <exception cref="InputError">The folder is missing, holds no text, or a file is not UTF-8.</exception>
    public static Corpus Load(string folder)
    {
        if (!Directory.Exists(folder)) throw new InputError($"{folder}: found no such folder; allowed: a folder with *.txt files");
        var documents = Directory.GetFiles(folder, "*.txt").Order(StringComparer.Ordinal).SelectMany(Documents).ToList();
        if (documents.Count == 0) throw new InputError($"{folder}: found no text; allowed: *.txt files whose documents are separated by two blank lines");
        var parts = documents.ToLookup(IsHeldOut);
        return new Corpus(parts[false].ToList(), parts[true].ToList());
    }

    /// <summary>The first eight bytes of the text's SHA-256, little-endian, divided by 100 without remainder.</summary>
    public static bool IsHeldOut(string document) =>
        BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(document))) % HeldOutOf == 0;

    private static IEnumerable<string> Documents(string path)
    {
        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(path)).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException fault)
        {
            throw new InputError($"{Path.GetFileName(path)}: found bytes that are not UTF-8 at offset {fault.Index}", innerException: fault);
        }
        return text.ReplaceLineEndings("\n").Split("\n\n\n", StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
    }
}
