using System.Text;
using Serverless.Learning.Text;

namespace Serverless.Benchmarks.Scenarios;

/// <summary>Text becomes token ids: sentences of words that are drawn from a list, with names, numbers and punctuation between them.</summary>
internal sealed class Tokenizing(int megabytes) : IScenario
{
    private static readonly string[] Words =
        ["the", "parcel", "has", "not", "arrived", "and", "my", "invoice", "of", "12.50", "EUR", "shows", "a", "tracking", "page,", "which", "says:", "délai", "unknown.", "Büro"];

    public string Name => $"tokenizing, sample-8m, {megabytes} MB";

    public string Unit => "bytes";

    public Ceiling? Ceiling => null;

    public ModelShape? Shape => null;

    public Reading Measure(string folder, Stopclock clock)
    {
        var tokenizer = Tokenizer.Load(Path.Combine(AppContext.BaseDirectory, "sample-8m", "tokenizer.json"));
        var random = new Random(6);
        var text = new StringBuilder();
        while (text.Length < megabytes * 1_000_000)
        {
            text.Append(Words[random.Next(Words.Length)]);
            if (random.Next(8) == 0) text.Append(random.Next(100_000));
            text.Append(random.Next(12) == 0 ? "\n" : " ");
        }
        var read = text.ToString();
        return clock.Read(Encoding.UTF8.GetByteCount(read), 0, () => tokenizer.Encode(read));
    }
}
