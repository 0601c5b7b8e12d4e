using System.Text;

namespace Serverless.Fuzz.Targets;

/// <summary>A small GGUF file of version 3.</summary>
internal static class GgufBytes
{
    public static byte[] Whole { get; } = Make();

    private static byte[] Make()
    {
        using var bytes = new MemoryStream();
        using var output = new BinaryWriter(bytes);
        output.Write("GGUF"u8);
        output.Write(3);
        output.Write(2L); // tensors
        output.Write(4L); // keys
        Text("general.architecture");
        output.Write(8);
        Text("llama");
        Text("general.alignment");
        output.Write(4);
        output.Write(32);
        Text("tokenizer.ggml.tokens");
        output.Write(9);
        output.Write(8);
        output.Write(2L);
        Text("a");
        Text("b");
        Text("llama.rope.freq_base");
        output.Write(6);
        output.Write(10000f);
        Tensor("a.weight", 0, 0, 4, 2);
        Tensor("b.weight", 8, 32, 32);
        while (bytes.Length % 32 != 0)
            output.Write((byte)0);
        output.Write(new byte[96]);
        return bytes.ToArray();

        void Text(string text)
        {
            output.Write((long)Encoding.UTF8.GetByteCount(text));
            output.Write(Encoding.UTF8.GetBytes(text));
        }

        void Tensor(string name, int type, long offset, params long[] shape)
        {
            Text(name);
            output.Write(shape.Length);
            foreach (var size in shape)
                output.Write(size);
            output.Write(type);
            output.Write(offset);
        }
    }
}
