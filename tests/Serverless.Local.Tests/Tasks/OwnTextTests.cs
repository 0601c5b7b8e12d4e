using System.Text.Json;
using Serverless.Learning.Models;
using Serverless.Learning.Native;
using Serverless.Local.Tasks;
using Serverless.Local.Tests.Pipeline;
using Serverless.Tests;

namespace Serverless.Local.Tests.Tasks;

public sealed class OwnTextTests
{
    [Fact]
    public async Task A_model_writes_the_same_texts_for_the_same_seed_and_others_for_another()
    {
        using var folder = new TemporaryFolder();
        NativeRuntime.EnsureLoaded();
        TinyModel.Write(folder.Path);
        var files = new List<string>();
        foreach (var seed in (long[])[1, 1, 2])
        {
            var path = Path.Combine(folder.Path, "general.jsonl");
            await OwnText.WriteAsync(path, folder.Path, 70, seed, default);
            files.Add(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
        }
        Assert.Equal(files[0], files[1]);
        Assert.NotEqual(files[0], files[2]);
        var texts = files[0].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("text").GetString()!).ToList();
        Assert.InRange(texts.Count, 60, 70);
        Assert.All(texts, text => Assert.False(string.IsNullOrWhiteSpace(text)));
        using var model = LanguageModel.Load(folder.Path);
        Assert.True(texts.Distinct().Count() > 60);
        Assert.InRange(texts.Max(text => model.Chat.EncodeText(text).Length), 64, 256);
    }
}
