using System.Text;
using Serverless.Learning.Formats;
using Serverless.Learning.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Serverless.Learning.Tests.Formats;

/// <summary>
/// The golden bytes were worked out by hand from the format's description (https://github.com/huggingface/safetensors, "Format") and the
/// order in which its reference implementation sorts tensors: dtype descending as ranked there, then name.
/// </summary>
public sealed class SafetensorsWriterTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly DisposeScope scope;

    public SafetensorsWriterTests()
    {
        NativeRuntime.EnsureLoaded();
        scope = NewDisposeScope();
    }

    [Fact]
    public void One_float_tensor_gives_the_bytes_worked_out_by_hand()
    {
        SafetensorsWriter.Write(folder["t"], [new("t", tensor([1f, -2f]))]);

        byte[] expected =
        [
            0x38, 0, 0, 0, 0, 0, 0, 0, // 54 characters of JSON and 2 spaces = 56
            .. "{\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}  "u8,
            0x00, 0x00, 0x80, 0x3F, // 1.0 = 0x3F800000
            0x00, 0x00, 0x00, 0xC0, // -2.0 = 0xC0000000
        ];
        Assert.Equal(expected, File.ReadAllBytes(folder["t"]));
    }

    [Fact]
    public void Tensors_are_laid_out_by_dtype_and_then_by_name_after_the_metadata()
    {
        SafetensorsWriter.Write(
            folder["t"],
            [
                new("b", tensor([true])),
                new("z", tensor([1f])),
                new("u", tensor(new byte[] { 7 })),
                new("h", tensor([1f]).to(ScalarType.Float16)),
                new("bf", tensor([1f]).to(ScalarType.BFloat16)),
                new("a", tensor([2f])),
                new("l", tensor([3L])),
                new("s", tensor(4f)),
            ],
            new Dictionary<string, string> { ["note"] = "ü", ["format"] = "pt" });

        var header = "{\"__metadata__\":{\"format\":\"pt\",\"note\":\"ü\"}," +
            "\"l\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]}," +
            "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]}," +
            "\"s\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[12,16]}," +
            "\"z\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[16,20]}," +
            "\"bf\":{\"dtype\":\"BF16\",\"shape\":[1],\"data_offsets\":[20,22]}," +
            "\"h\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[22,24]}," +
            "\"u\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[24,25]}," +
            "\"b\":{\"dtype\":\"BOOL\",\"shape\":[1],\"data_offsets\":[25,26]}}";
        byte[] data =
        [
            3, 0, 0, 0, 0, 0, 0, 0,
            0, 0, 0, 0x40, // 2.0
            0, 0, 0x80, 0x40, // 4.0
            0, 0, 0x80, 0x3F, // 1.0
            0x80, 0x3F, // 1.0 in bfloat16
            0, 0x3C, // 1.0 in half precision
            7,
            1,
        ];
        var bytes = File.ReadAllBytes(folder["t"]);
        var written = Encoding.UTF8.GetString(bytes.AsSpan(8, bytes.Length - 8 - data.Length));
        Assert.Equal(header, written.TrimEnd(' '));
        Assert.Equal(0, Encoding.UTF8.GetByteCount(written) % 8);
        Assert.Equal(Encoding.UTF8.GetByteCount(written), bytes[0] + (bytes[1] << 8));
        Assert.Equal(data, bytes[^data.Length..]);
    }

    [Fact]
    public void The_order_of_the_input_does_not_change_a_byte()
    {
        var tensors = Enumerable.Range(0, 20)
            .Select(i => KeyValuePair.Create($"layer.{i}", full([i % 3, 4], i, dtype: i % 2 == 0 ? ScalarType.Float32 : ScalarType.Int32)))
            .ToList();
        SafetensorsWriter.Write(folder["forward"], tensors);
        SafetensorsWriter.Write(folder["backward"], tensors.AsEnumerable().Reverse());

        Assert.Equal(File.ReadAllBytes(folder["forward"]), File.ReadAllBytes(folder["backward"]));
    }

    [Fact]
    public void Floats_are_converted_on_the_way_and_whole_numbers_are_not()
    {
        SafetensorsWriter.Write(
            folder["t"], [new("w", tensor([1f, 2f])), new("i", tensor([3L]))], floatDtype: ScalarType.BFloat16);

        using var file = SafetensorsFile.Open(folder["t"]);
        Assert.Equal(ScalarType.BFloat16, file.Tensors["w"].Dtype);
        Assert.Equal(ScalarType.Int64, file.Tensors["i"].Dtype);
        Assert.Equal([1f, 2f], file.Read("w").to(ScalarType.Float32).data<float>().ToArray());
    }

    [Fact]
    public void A_transposed_tensor_that_asks_for_gradients_is_written_in_its_own_order()
    {
        var transposed = arange(6, dtype: ScalarType.Float32).reshape(2, 3).requires_grad_().t();
        SafetensorsWriter.Write(folder["t"], [new("t", transposed)]);

        using var file = SafetensorsFile.Open(folder["t"]);
        Assert.Equal([3L, 2L], file.Tensors["t"].Shape);
        Assert.Equal([0f, 3f, 1f, 4f, 2f, 5f], file.Read("t").data<float>().ToArray());
    }

    [Fact]
    public void A_failed_write_leaves_the_old_file_and_nothing_else()
    {
        File.WriteAllText(folder["t"], "old");
        var disposed = tensor([1f]);
        disposed.Dispose();

        Assert.ThrowsAny<Exception>(() => SafetensorsWriter.Write(folder["t"], [new("good", tensor([1f])), new("gone", disposed)]));
        Assert.Equal("old", File.ReadAllText(folder["t"]));
        Assert.Equal([folder["t"]], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void A_name_given_twice_is_refused()
    {
        var fault = Assert.Throws<ArgumentException>(
            () => SafetensorsWriter.Write(folder["t"], [new("a", tensor([1f])), new("a", tensor([2f]))]));
        Assert.StartsWith("tensor \"a\": the name is taken", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Writing_and_reading_leave_no_tensor_behind()
    {
        var tensors = new[] { KeyValuePair.Create("a", rand(8, 8)) };
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        SafetensorsWriter.Write(folder["t"], tensors, floatDtype: ScalarType.Float16);
        using (var file = SafetensorsFile.Open(folder["t"]))
            file.Read("a").Dispose();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    public void Dispose()
    {
        scope.Dispose();
        folder.Dispose();
    }
}
