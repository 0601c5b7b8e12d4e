using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Serverless.Load.Running;
using Serverless.Tests.Heads;

namespace Serverless.Load.Loads;

/// <summary>
/// Files of 512 MiB, the most that one request may carry, each in a head that has done nothing else: one up and down again, and one of training data, which is
/// read line by line, validated and counted in tokens.
/// </summary>
internal sealed class LargeUpload : ILoad
{
    private const long MiB = 1 << 20;
    private const long MostBytes = 200_000_000, MostBytesReading = 400_000_000;

    // Chats of about a kilobyte, each with a number of its own, all of the same length.
    private static readonly string s_words = string.Concat(Enumerable.Repeat("the parcel has not arrived and the tracking page shows nothing since then ", 12));

    private static readonly int s_lineLength = Line(0).Length;

    public string Name => "upload";

    public async Task RunAsync(LoadRun run)
    {
        await UpAndDownAsync(run, run.Of(512, 32) * MiB);
        await TrainingFileAsync(run, run.Of(512, 4) * MiB / s_lineLength);
    }

    private static async Task UpAndDownAsync(LoadRun run, long bytes)
    {
        using var place = await run.PlaceAsync();
        await using var head = await HeadProcess.StartAsync(place);
        var before = HeadUse.Memory(head.Id);
        var clock = Stopwatch.StartNew();
        using var content = new StreamContent(Noise(bytes));
        var file = await head.UploadAsync(content, "large.bin", run.Cancellation, "user_data");
        run.Add($"{bytes / MiB} MiB up", $"{bytes / 1e6 / clock.Elapsed.TotalSeconds:F0} MB/s");

        clock.Restart();
        using var answer = await head.Http.GetAsync($"files/{file}/content", HttpCompletionOption.ResponseHeadersRead, run.Cancellation);
        await using var back = await answer.Content.ReadAsStreamAsync(run.Cancellation);
        var hash = await SHA256.HashDataAsync(back, run.Cancellation);
        run.Add("and down", $"{bytes / 1e6 / clock.Elapsed.TotalSeconds:F0} MB/s");
        await using var sent = Noise(bytes);
        var same = (await SHA256.HashDataAsync(sent, run.Cancellation)).AsSpan().SequenceEqual(hash);
        run.Add("the same bytes", $"{(same ? "yes" : "no")}", "yes", same);
        var peak = HeadUse.PeakMemory(head.Id);
        run.Add("memory of the head, at most", $"{peak / 1e6:F0} MB ({before / 1e6:F0} before)", "200 MB", peak < MostBytes);
    }

    private static async Task TrainingFileAsync(LoadRun run, long lines)
    {
        using var place = await run.PlaceAsync();
        await using var head = await HeadProcess.StartAsync(place);
        var clock = Stopwatch.StartNew();
        using var content = new StreamContent(new MadeStream(lines * s_lineLength, Chats));
        var file = await head.UploadAsync(content, "large.jsonl", run.Cancellation);
        run.Add($"{lines * s_lineLength / (double)MiB:F0} MiB of training data up", $"{lines * s_lineLength / 1e6 / clock.Elapsed.TotalSeconds:F0} MB/s");
        var uploading = HeadUse.PeakMemory(head.Id);

        clock.Restart();
        while ((await head.GetAsync($"files/{file}", run.Cancellation)).GetProperty("status").GetString() == "uploaded")
            await Task.Delay(TimeSpan.FromMilliseconds(200), run.Cancellation);
        var report = await head.GetAsync($"files/{file}/report", run.Cancellation);
        var (examples, tokens) = (report.GetProperty("examples").GetInt64(), report.GetProperty("tokens").GetInt64());
        run.Add("read, validated and counted in", $"{clock.Elapsed.TotalSeconds:F0} s, {lines * s_lineLength / 1e6 / clock.Elapsed.TotalSeconds:F1} MB/s, {tokens / 1e6:F0} million tokens");
        run.Add("each line an example", $"{examples} of {lines}", "all", examples == lines && tokens > lines);
        var peak = HeadUse.PeakMemory(head.Id);
        run.Add("memory of the head, at most", $"{peak / 1e6:F0} MB ({uploading / 1e6:F0} while it came)", "400 MB", peak < MostBytesReading);
    }

    private static MadeStream Noise(long bytes) => new(bytes, static (at, buffer) =>
    {
        for (var i = 0; i < buffer.Length; i++) buffer[i] = (byte)((at + i) * 2654435761 >> 24);
    });

    private static void Chats(long at, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var rest = Line(at / s_lineLength).AsSpan((int)(at % s_lineLength));
            var count = Math.Min(rest.Length, buffer.Length);
            rest[..count].CopyTo(buffer);
            at += count;
            buffer = buffer[count..];
        }
    }

    private static byte[] Line(long number) => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"{{\"messages\": [{{\"role\": \"user\", \"content\": \"{number:D10} {s_words}\"}}, {{\"role\": \"assistant\", \"content\": \"shipping {number % 10}\"}}]}}\n"));
}
