using System.IO.Compression;
using System.Text;
using Serverless.Fuzz.Running;
using Serverless.Service.Models.Adding;

namespace Serverless.Fuzz.Targets;

/// <summary>Archives of models: as bytes, and by the names of their entries.</summary>
internal static class ArchiveTargets
{
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new FuzzTarget("model-zip", [Zip(["config.json", "tokenizer.json", "model.safetensors"], CompressionLevel.NoCompression), Zip(["m/config.json", "m/a/b.txt"], CompressionLevel.Optimal), Zip(["m/adapter_config.json", "m/adapter_model.safetensors"], CompressionLevel.NoCompression)], Read)
        {
            Words = ["PK\u0001\u0002", "PK\u0003\u0004", "PK\u0005\u0006", "../", "config.json"],
        },
        new FuzzTarget("model-zip-names", [Encoding.UTF8.GetBytes("config.json\nmodel.safetensors\nREADME.md"), Encoding.UTF8.GetBytes("m/config.json\nm/x.bin\n../x\nC:\\x")], input => Read(Zip(Encoding.UTF8.GetString(input).Split('\n'), CompressionLevel.Fastest)))
        {
            Words = ["../", "/", "\\", "C:", "config.json", ".safetensors", "\0", "."], BytesPerByte = 20_000, Bytes = 256L << 20,
        },
    ];

    private static byte[] Zip(IEnumerable<string> names, CompressionLevel level)
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var name in names.Where(name => name.Length > 0 && Encoding.UTF8.GetByteCount(name) <= ushort.MaxValue).Take(3000))
            {
                using var entry = archive.CreateEntry(name, level).Open();
                entry.Write("{\"hidden_size\": 64, \"hidden_size_of_all\": 6464646464}"u8);
            }
        return bytes.ToArray();
    }

    private static void Read(byte[] input)
    {
        using var files = new Opened(ArchiveFiles.OpenAsync(new MemoryStream(input), "m.zip", default).GetAwaiter().GetResult());
        var choice = ModelChoice.Of(files.Archive);
        foreach (var (name, file) in choice.Texts.Concat(choice.Weights))
        {
            var path = Path.GetFullPath(Path.Combine("/model", name));
            if (Path.GetDirectoryName(path) != "/model")
                throw new InvalidOperationException($"{name} leads to {path}");
            using var content = files.Archive.OpenAsync(file, default).GetAwaiter().GetResult();
            content.CopyTo(Stream.Null);
        }
    }

    private readonly struct Opened(ArchiveFiles archive) : IDisposable
    {
        public ArchiveFiles Archive => archive;

        public void Dispose() => archive.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
