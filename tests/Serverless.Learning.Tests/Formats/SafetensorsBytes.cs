using System.Buffers.Binary;
using System.Text;

namespace Serverless.Learning.Tests.Formats;

/// <summary>Safetensors files put together by hand from the format's description: 8 bytes of length, the header, the data.</summary>
internal static class SafetensorsBytes
{
    public static byte[] Of(string header, params byte[] data) => Of(Encoding.UTF8.GetBytes(header), data);

    public static byte[] Of(byte[] header, byte[] data)
    {
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        return [.. length, .. header, .. data];
    }
}
