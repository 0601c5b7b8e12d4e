using Serverless.Learning.Models;
using Serverless.Learning.Native;
using Serverless.Learning.Sampling;
using Serverless.Learning.Training;

namespace Serverless.Local.Tasks;

/// <summary>
/// General text that needs no data set: what a model itself writes, token by token at temperature 1, from an empty beginning. Read again while the
/// model learns something else it stands for what it was trained on (Robins, "Catastrophic forgetting, rehearsal and pseudorehearsal", Connection
/// Science 7, 1995).
/// </summary>
internal static class OwnText
{
    private const int MostTokens = 128;
    private const int TextsTogether = 64;

    /// <summary>Writes so many texts as a data set of <c>{"text"}</c>, less those that are empty. The same seed and model give the same file.</summary>
    /// <param name="modelFolder">The model's Hugging Face folder.</param>
    public static Task WriteAsync(string path, string modelFolder, int texts, long seed, CancellationToken ct)
    {
        NativeRuntime.EnsureLoaded();
        // A thread of its own, which ends afterwards and takes libtorch's memory for it along.
        return Task.Factory.StartNew(
            () =>
            {
                using var model = LanguageModel.Load(modelFolder);
                JsonLines.Write(path, Texts(model, texts, seed, ct).Where(text => !string.IsNullOrWhiteSpace(text)).Select(text => (object)new { text }));
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    internal static IEnumerable<string> Texts(LanguageModel model, int count, long seed, CancellationToken ct)
    {
        int[] beginning = [TextTask.SeparatorOf(model)];
        var sampling = new SamplingOptions { MaxTokens = MostTokens, Seed = seed };
        var requests = Enumerable.Range(0, count).Select(number => new GenerationRequest(beginning, sampling with { Choice = number })).ToList();
        return new TextGenerator(model).Generate(requests, TextsTogether, ct).Select(answer => answer.Text);
    }
}
