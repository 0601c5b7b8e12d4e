using System.Text;
using Serverless.Learning.Formats;
using Serverless.Learning.Native;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Formats;

/// <summary>Files are put together by hand from the format's description, not by our writer.</summary>
public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void A_file_put_together_by_hand_is_read()
    {
        NativeRuntime.EnsureLoaded();
        File.WriteAllBytes(folder["m.safetensors"], SafetensorsBytes.Of(
            """{"__metadata__":{"format":"pt"},"b":{"dtype":"BF16","shape":[2,1],"data_offsets":[8,12]},"a":{"shape":[],"dtype":"I64","data_offsets":[0,8]},"e":{"dtype":"F32","shape":[0,3],"data_offsets":[12,12]}}     """,
            0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x80, 0x3F, 0x40, 0xC0));

        using var file = SafetensorsFile.Open(folder["m.safetensors"]);
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal(["a", "b", "e"], file.Tensors.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(4, file.Tensors["b"].Length);

        using var a = file.Read("a");
        using var b = file.Read("b");
        using var e = file.Read("e");
        Assert.Equal(-2, a.item<long>());
        Assert.Equal(ScalarType.BFloat16, b.dtype);
        Assert.Equal([2L, 1L], b.shape);
        using var single = b.to(ScalarType.Float32);
        Assert.Equal([1f, -3f], single.data<float>().ToArray());
        Assert.Equal([0L, 3L], e.shape);
    }

    [Fact]
    public void A_mapped_tensor_has_the_files_bytes_also_when_the_file_is_closed_and_deleted()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There a file that is mapped cannot be deleted, so that none is.");
        NativeRuntime.EnsureLoaded();
        // Two pages and a half, behind a header that ends in the middle of one.
        var numbers = Enumerable.Range(0, 2560).Select(i => i / 4f).ToArray();
        SafetensorsWriter.Write(folder["m.safetensors"], [new("a", tensor(numbers.Take(3).ToArray())), new("b", tensor(numbers, [4, 640]))]);
        var mapped = ForeignMemory.Count;
        Tensor b, part;
        using (var file = SafetensorsFile.Open(folder["m.safetensors"]))
            b = file.Map("b")!;
        File.Delete(folder["m.safetensors"]);

        Assert.Equal((mapped + 1, true, ScalarType.Float32), (ForeignMemory.Count, ForeignMemory.Holds(b), b.dtype));
        Assert.Equal([4L, 640L], b.shape);
        Assert.Equal(numbers, b.data<float>().ToArray());
        part = b[3];
        b.Dispose();
        // A view keeps the pages as well.
        Assert.Equal(numbers[^640..], part.data<float>().ToArray());
        Assert.Equal(mapped + 1, ForeignMemory.Count);
        part.Dispose();
        Assert.Equal(mapped, ForeignMemory.Count);
    }

    [Fact]
    public void What_cannot_be_mapped_is_left_to_be_read()
    {
        NativeRuntime.EnsureLoaded();
        File.WriteAllBytes(folder["m.safetensors"], SafetensorsBytes.Of(
            """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"BF16","shape":[1],"data_offsets":[1,3]},"e":{"dtype":"F32","shape":[0],"data_offsets":[3,3]}}""", 1, 0x80, 0x3F));
        using var file = SafetensorsFile.Open(folder["m.safetensors"]);
        Assert.Equal(1, file.Tensors["b"].Offset % 2); // between two places at which a number of two bytes may lie
        Assert.Null(file.Map("b"));
        Assert.Null(file.Map("e"));
        using var b = file.Read("b");
        Assert.Equal(1, b.to(ScalarType.Float32).item<float>());
    }

    [Theory]
    [InlineData("F64", 8)]
    [InlineData("F32", 4)]
    [InlineData("F16", 2)]
    [InlineData("BF16", 2)]
    [InlineData("I64", 8)]
    [InlineData("I32", 4)]
    [InlineData("I16", 2)]
    [InlineData("I8", 1)]
    [InlineData("U8", 1)]
    [InlineData("BOOL", 1)]
    public void Every_dtype_survives_reading_and_writing_to_the_byte(string dtype, int size)
    {
        NativeRuntime.EnsureLoaded();
        var data = dtype == "BOOL" ? [1, 0, 1] : Enumerable.Range(1, 3 * size).Select(i => (byte)(i * 7)).ToArray();
        var header = $"{{\"t\":{{\"dtype\":\"{dtype}\",\"shape\":[3],\"data_offsets\":[0,{data.Length}]}}}}";
        var bytes = SafetensorsBytes.Of(header.PadRight((header.Length + 7) / 8 * 8), data);
        File.WriteAllBytes(folder["in"], bytes);

        using (var file = SafetensorsFile.Open(folder["in"]))
        using (var t = file.Read("t"))
            SafetensorsWriter.Write(folder["out"], [new("t", t)]);
        Assert.Equal(bytes, File.ReadAllBytes(folder["out"]));
    }

    [Theory]
    [InlineData("""[]""", 0, "m.safetensors: the header does not begin with '{'; allowed: one JSON object")]
    [InlineData(""" {}""", 0, "m.safetensors: the header does not begin with '{'; allowed: one JSON object")]
    [InlineData("", 0, "m.safetensors: the header does not begin with '{'; allowed: one JSON object")]
    [InlineData("""{}""", 3, "m.safetensors: 3 bytes follow the last tensor; allowed: none")]
    [InlineData("""{"a":3}""", 0, "m.safetensors, tensor \"a\": found 3; allowed: an object with dtype, shape and data_offsets")]
    [InlineData("""{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}""", 4,
        "m.safetensors, tensor \"a\": dtype: found \"F8_E4M3\"; allowed: I64, F64, F32, I32, BF16, F16, I16, I8, U8, BOOL")]
    [InlineData("""{"a":{"dtype":7,"shape":[4],"data_offsets":[0,4]}}""", 4,
        "m.safetensors, tensor \"a\": dtype: found 7; allowed: I64, F64, F32, I32, BF16, F16, I16, I8, U8, BOOL")]
    [InlineData("""{"a":{"dtype":"U8","shape":[-4],"data_offsets":[0,4]}}""", 4,
        "m.safetensors, tensor \"a\": shape: found -4; allowed: a list of whole numbers from 0")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4.0],"data_offsets":[0,4]}}""", 4,
        "m.safetensors, tensor \"a\": shape: found 4.0; allowed: a list of whole numbers from 0")]
    [InlineData("""{"a":{"dtype":"U8","shape":"4","data_offsets":[0,4]}}""", 4,
        "m.safetensors, tensor \"a\": shape: found \"4\"; allowed: a list of whole numbers from 0")]
    [InlineData("""{"a":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,4]}}""", 4,
        "m.safetensors, tensor \"a\": shape: found 9223372036854775808; allowed: a list of whole numbers from 0")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0,
        "m.safetensors, tensor \"a\": shape: [4294967296, 4294967296] of U8 is larger than any file")]
    [InlineData("""{"a":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]}}""", 0,
        "m.safetensors, tensor \"a\": shape: [2305843009213693952] of F64 is larger than any file")]
    [InlineData("""{"a":{"dtype":"U8","shape":[0,4294967296,4294967296],"data_offsets":[0,0]}}""", 0,
        "m.safetensors, tensor \"a\": shape: [0, 4294967296, 4294967296] of U8 is larger than any file")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0]}}""", 4,
        "m.safetensors, tensor \"a\": data_offsets: found [0]; allowed: [begin, end] with begin <= end")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[4,0]}}""", 4,
        "m.safetensors, tensor \"a\": data_offsets: found [4, 0]; allowed: [begin, end] with begin <= end")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4,8]}}""", 4,
        "m.safetensors, tensor \"a\": data_offsets: more than 2 numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4,
        "m.safetensors, tensor \"a\": shape [2] of F32 needs 8 bytes; data_offsets [0, 4] span 4")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", 3,
        "m.safetensors, tensor \"a\": data_offsets: ends at 4, but the file holds 3 bytes of data")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[1,5]}}""", 5,
        "m.safetensors, tensor \"a\": data_offsets: begins at 1; expected 0, the beginning of the data")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[9223372036854775803,9223372036854775807]}}""", 5,
        "m.safetensors, tensor \"a\": data_offsets: 9223372036854775803 lies beyond the end of the file")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}""", 6,
        "m.safetensors, tensor \"b\": data_offsets: begins at 2; expected 4, the end of tensor \"a\"")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[2],"data_offsets":[6,8]}}""", 8,
        "m.safetensors, tensor \"b\": data_offsets: begins at 6; expected 4, the end of tensor \"a\"")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", 6, "m.safetensors: 2 bytes follow the last tensor; allowed: none")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2,
        "m.safetensors, tensor \"a\": the name occurs twice")]
    [InlineData("""{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1,
        "m.safetensors, tensor \"a\": the field dtype occurs twice")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"strides":[1]}}""", 1,
        "m.safetensors, tensor \"a\": found the field \"strides\"; allowed: dtype, shape, data_offsets")]
    [InlineData("""{"a":{"dtype":"U8","data_offsets":[0,1]}}""", 1, "m.safetensors, tensor \"a\": no shape")]
    [InlineData("""{"__metadata__":{"a":1}}""", 0, "m.safetensors, __metadata__, \"a\": found 1; allowed: a string")]
    [InlineData("""{"__metadata__":{"a":"1","a":"2"}}""", 0, "m.safetensors, __metadata__, \"a\": the key occurs twice")]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""", 0, "m.safetensors: __metadata__ occurs twice")]
    [InlineData("""{"__metadata__":null}""", 0, "m.safetensors, __metadata__: found null; allowed: an object of strings")]
    [InlineData("""{"\uD800":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1, "m.safetensors: the header holds a string that is not UTF-8")]
    public void A_malformed_header_is_refused_with_its_finding(string header, int dataBytes, string message)
    {
        File.WriteAllBytes(folder["m.safetensors"], SafetensorsBytes.Of(header, new byte[dataBytes]));
        Assert.Equal(message, Assert.Throws<InputError>(() => SafetensorsFile.Open(folder["m.safetensors"])).Message);
    }

    [Theory]
    [InlineData("""{"a":""")]
    [InlineData("""{} {}""")]
    [InlineData("""{"a":{"dtype":"U8","shape":[[[[[[[[[[1]]]]]]]]]],"data_offsets":[0,1]}}""")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},}""")]
    public void A_header_that_is_not_JSON_is_refused(string header)
    {
        File.WriteAllBytes(folder["m.safetensors"], SafetensorsBytes.Of(header, 0));
        var fault = Assert.Throws<InputError>(() => SafetensorsFile.Open(folder["m.safetensors"]));
        Assert.Matches("^m.safetensors(: the header is not JSON: |, tensor \"a\": shape: found a list; )", fault.Message);
    }

    [Fact]
    public void A_header_with_bytes_that_are_not_UTF8_is_refused()
    {
        byte[] header = [.. "{\"a"u8, 0xFF, .. "\":{}}"u8];
        File.WriteAllBytes(folder["m.safetensors"], SafetensorsBytes.Of(header, []));
        Assert.Equal(
            "m.safetensors: the header holds a string that is not UTF-8",
            Assert.Throws<InputError>(() => SafetensorsFile.Open(folder["m.safetensors"])).Message);
    }

    [Theory]
    [InlineData(new byte[0], "m.safetensors: found 0 bytes; a safetensors file begins with 8 bytes of header length")]
    [InlineData(new byte[] { 1, 0, 0 }, "m.safetensors: found 3 bytes; a safetensors file begins with 8 bytes of header length")]
    [InlineData(new byte[] { 9, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D }, "m.safetensors: header length 9 reaches beyond the end of the file (10 bytes)")]
    [InlineData(new byte[] { 1, 0xE1, 0xF5, 5, 0, 0, 0, 0 }, "m.safetensors: header length 100000001; allowed: at most 100000000 bytes")]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF }, "m.safetensors: header length 18446744073709551615; allowed: at most 100000000 bytes")]
    public void A_lying_header_length_is_refused(byte[] bytes, string message)
    {
        File.WriteAllBytes(folder["m.safetensors"], bytes);
        Assert.Equal(message, Assert.Throws<InputError>(() => SafetensorsFile.Open(folder["m.safetensors"])).Message);
    }

    [Fact]
    public void A_file_that_is_not_there_is_named()
    {
        var fault = Assert.Throws<InputError>(() => SafetensorsFile.Open(folder["m.safetensors"]));
        Assert.Equal($"m.safetensors: no such file in {folder.Path}", fault.Message);
    }

    [Fact]
    public void A_long_name_with_line_breaks_stays_on_one_short_line()
    {
        var name = new string('x', 10_000);
        File.WriteAllBytes(folder["m.safetensors"], SafetensorsBytes.Of($"{{\"a\\nb{name}\":0}}"));
        var fault = Assert.Throws<InputError>(() => SafetensorsFile.Open(folder["m.safetensors"]));
        Assert.StartsWith("m.safetensors, tensor \"a\\nbxxx", fault.Message, StringComparison.Ordinal);
        Assert.InRange(fault.Message.Length, 1, 300);
    }

    [Fact]
    public void A_tensor_behind_the_fourth_gigabyte_is_read()
    {
        NativeRuntime.EnsureLoaded();
        const long big = (1L << 32) + 4096; // not read, and sparse on disk
        var header = Encoding.UTF8.GetBytes(
            $"{{\"a\":{{\"dtype\":\"U8\",\"shape\":[{big}],\"data_offsets\":[0,{big}]}}," +
            $"\"b\":{{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[{big},{big + 4}]}}}}");
        using (var stream = File.Create(folder["m.safetensors"]))
        {
            stream.Write(SafetensorsBytes.Of(header, []));
            stream.SetLength(stream.Position + big);
            stream.Seek(0, SeekOrigin.End);
            stream.Write([0, 0, 0x80, 0x3F]);
        }

        using var file = SafetensorsFile.Open(folder["m.safetensors"]);
        using var b = file.Read("b");
        Assert.Equal(1f, b.item<float>());
    }

    [Fact]
    public void Pieces_of_a_tensor_cover_it_in_order()
    {
        NativeRuntime.EnsureLoaded();
        using var tensor = arange(10, dtype: ScalarType.Int16);
        var seen = new List<(long Offset, int Length)>();
        TensorPieces.ForEachPiece(tensor, (piece, offset) =>
        {
            seen.Add((offset, piece.Length));
            Assert.Equal(offset / 2, piece[0]);
        }, pieceBytes: 7); // 3 elements
        Assert.Equal([(0, 6), (6, 6), (12, 6), (18, 2)], seen);
    }

    public void Dispose() => folder.Dispose();
}
