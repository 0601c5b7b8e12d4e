using System.Diagnostics;
using System.Security.Cryptography;
using Serverless.Load.Running;
using Serverless.Tests.Heads;

namespace Serverless.Load.Loads;

/// <summary>A file of 512 MB, the most that one request may carry, up and down again, in a head that has done nothing else.</summary>
internal sealed class LargeUpload : ILoad
{
    private const long MostBytes = 200_000_000;

    public string Name => "upload";

    public async Task RunAsync(LoadRun run)
    {
        var bytes = (long)run.Of(512, 32) * 1_000_000;
        using var place = await run.PlaceAsync();
        await using var head = await HeadProcess.StartAsync(place);
        var before = HeadUse.Memory(head.Id);
        var clock = Stopwatch.StartNew();
        using var content = new StreamContent(new Lines(bytes));
        var file = await head.UploadAsync(content, "large.bin", run.Cancellation, "user_data");
        run.Add($"{bytes / 1_000_000} MB up", $"{bytes / 1e6 / clock.Elapsed.TotalSeconds:F0} MB/s");

        clock.Restart();
        using var answer = await head.Http.GetAsync($"files/{file}/content", HttpCompletionOption.ResponseHeadersRead, run.Cancellation);
        await using var back = await answer.Content.ReadAsStreamAsync(run.Cancellation);
        var hash = await SHA256.HashDataAsync(back, run.Cancellation);
        run.Add("and down", $"{bytes / 1e6 / clock.Elapsed.TotalSeconds:F0} MB/s");
        var same = IsHashOf(hash, bytes);
        run.Add("the same bytes", $"{(same ? "yes" : "no")}", "yes", same);
        var peak = HeadUse.PeakMemory(head.Id);
        run.Add("memory of the head, at most", $"{peak / 1e6:F0} MB ({before / 1e6:F0} before)", "200 MB", peak < MostBytes);
    }

    private static bool IsHashOf(byte[] hash, long bytes)
    {
        using var lines = new Lines(bytes);
        return SHA256.HashData(lines).AsSpan().SequenceEqual(hash);
    }

    /// <summary>So many bytes that are nowhere in memory.</summary>
    private sealed class Lines(long length) : Stream
    {
        private long at;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position { get => at; set => throw new NotSupportedException(); }

        public override int Read(Span<byte> buffer)
        {
            var count = (int)Math.Min(buffer.Length, length - at);
            for (var i = 0; i < count; i++) buffer[i] = (byte)((at + i) * 2654435761 >> 24);
            at += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
