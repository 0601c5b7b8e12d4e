using Serverless.Learning.Formats;
using Serverless.Learning.Native;

namespace Serverless.Learning.Tests.Formats;

/// <summary>
/// Whatever happens to a file's bytes, opening it either succeeds, and then every tensor is read whole from inside the file, or ends in an
/// <see cref="InputError"/>; nothing else comes out.
/// </summary>
public sealed class SafetensorsDamageTests : IDisposable
{
    private static readonly byte[] Sound = SafetensorsBytes.Of(
        """{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"b":{"dtype":"I8","shape":[3],"data_offsets":[16,19]}}""",
        [.. Enumerable.Range(0, 19).Select(i => (byte)i)]);

    private readonly TemporaryFolder folder = new();

    public SafetensorsDamageTests() => NativeRuntime.EnsureLoaded();

    [Fact]
    public void The_undamaged_file_is_read() => Assert.True(ReadsOrIsRefused(Sound));

    [Fact]
    public void Every_truncation_is_refused()
    {
        for (var length = 0; length < Sound.Length; length++)
            Assert.False(ReadsOrIsRefused(Sound[..length]), $"cut to {length} bytes");
    }

    [Fact]
    public void Every_single_flipped_bit_reads_or_is_refused()
    {
        for (var bit = 0; bit < Sound.Length * 8; bit++)
        {
            var damaged = (byte[])Sound.Clone();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            ReadsOrIsRefused(damaged);
        }
    }

    [Fact]
    public void Random_damage_reads_or_is_refused()
    {
        var random = new Random(20);
        for (var round = 0; round < 1000; round++)
        {
            var damaged = Sound[..(random.Next(4) == 0 ? random.Next(Sound.Length + 1) : Sound.Length)];
            for (var change = random.Next(1, 6); change > 0 && damaged.Length > 0; change--)
            {
                // Mostly bytes that JSON gives a meaning to, so that damage reaches past the parser.
                var meaningful = "0123456789[]{},:\"-e \\"u8;
                damaged[random.Next(damaged.Length)] = random.Next(3) == 0 ? (byte)random.Next(256) : meaningful[random.Next(meaningful.Length)];
            }

            ReadsOrIsRefused(damaged);
        }
    }

    /// <summary>True if the file was read, false if it was refused; anything else escapes as the test's failure.</summary>
    private bool ReadsOrIsRefused(byte[] bytes)
    {
        File.WriteAllBytes(folder["m.safetensors"], bytes);
        try
        {
            using var file = SafetensorsFile.Open(folder["m.safetensors"]);
            var total = 0L;
            foreach (var description in file.Tensors.Values)
            {
                Assert.InRange(description.Offset + description.Length, 0, bytes.Length);
                using var tensor = file.Read(description.Name);
                var start = (int)description.Offset;
                TensorPieces.ForEachPiece(tensor, (piece, offset) =>
                    Assert.True(piece.SequenceEqual(bytes.AsSpan(start + (int)offset, piece.Length))));
                total += description.Length;
            }

            Assert.Equal(bytes.Length, total + 8 + BitConverter.ToInt64(bytes));
            return true;
        }
        catch (InputError)
        {
            return false;
        }
    }

    public void Dispose() => folder.Dispose();
}
