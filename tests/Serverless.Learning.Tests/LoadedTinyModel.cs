using System.Text;
using Serverless.Learning.Adapters;
using Serverless.Learning.Data;
using Serverless.Learning.Models;
using Serverless.Learning.Native;
using Serverless.Tests;

namespace Serverless.Learning.Tests;

/// <summary>A folder of its own with the tiny model, and its data set as sequences; one thread, so that tests do not depend on the machine.</summary>
public sealed class LoadedTinyModel : IDisposable
{
    public LoadedTinyModel()
    {
        NativeRuntime.EnsureLoaded();
        NativeRuntime.SetThreads(1);
        Folder = TinyModel.Write(Path.Combine(Path.GetTempPath(), "tiny-" + Guid.NewGuid().ToString("N")));
    }

    public string Folder { get; }

    public LanguageModel Load(AdapterKind kind = AdapterKind.Lora) => Load(kind == AdapterKind.Qlora ? MatrixStorage.Nf4 : MatrixStorage.Float32);

    public LanguageModel Load(MatrixStorage storage) => LanguageModel.Load(Folder, storage: storage);

    public static List<ChatExample> Examples(int count) =>
        ChatDatasetReader.Read(new MemoryStream(Encoding.UTF8.GetBytes(TinyModel.Dataset(count))), "tiny.jsonl").ToList();

    public static List<TrainingSequence> Sequences(LanguageModel model, int count) => Examples(count).SelectMany(model.Chat.EncodeExample).ToList();

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
