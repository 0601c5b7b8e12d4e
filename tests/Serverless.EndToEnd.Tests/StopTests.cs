using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Serverless.EndToEnd.Tests.Heads;
using Serverless.Local.Azurite;
using Serverless.Service.Jobs;
using Serverless.Service.Storage;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.EndToEnd.Tests;

/// <summary>A head that is asked to end does so soon, whoever still talks to it and whatever it does.</summary>
public sealed class StopTests(AzuriteFixture azurite)
{
    private const string Wide = "wide", LeftWork = "without waiting for what still runs";

    // Ten seconds at most on a machine with nothing else to do.
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(20);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_head_does_not_wait_for_an_upload_that_stands_still()
    {
        using var place = HeadPlace.On(azurite.ConnectionString, await azurite.NewPrefixAsync());
        await using var head = await HeadProcess.StartAsync(place);
        using var form = new MultipartFormDataContent { { new StringContent("user_data"), "purpose" }, { new StreamContent(new StandingStream()), "file", "endless.bin" } };
        using var left = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var upload = head.Http.PostAsync("files", form, left.Token);
        await Task.Delay(TimeSpan.FromSeconds(1), Ct);
        Assert.False(upload.IsCompleted);

        var clock = Stopwatch.StartNew();
        var code = await head.StopAsync();

        Assert.Equal(0, code);
        // Three seconds on a machine with nothing else to do; the web server by itself would wait for thirty.
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, s_longest);
        // The client itself would go on waiting for the rest of its file.
        await left.CancelAsync();
        await Record.ExceptionAsync(() => upload);
    }

    [Fact(Timeout = 900_000)]
    public async Task A_head_that_is_stopped_in_a_long_step_drops_it_and_the_job_ends_with_the_same_weights()
    {
        var prefix = await azurite.NewPrefixAsync();
        var account = azurite.Open(prefix);
        using var place = HeadPlace.On(azurite.ConnectionString, prefix);
        WriteWideModel(Path.Combine(place.Folder, "models", Wide));
        // So that nothing but the stop commits.
        place.Variables["SERVERLESS_CHECKPOINT_SECONDS"] = 600;
        JobId job;
        await using (var head = await HeadProcess.StartAsync(place))
        {
            job = await StartLongStepsAsync(head);
            var first = await FirstStepAsync(account, job);
            // In the second of two.
            await Task.Delay(TimeSpan.FromSeconds(first / 4), Ct);
            var clock = Stopwatch.StartNew();
            var code = await head.StopAsync();
            TestContext.Current.SendDiagnosticMessage("a step of {0:0.0} s, ended after {1:0.0} s", first, clock.Elapsed.TotalSeconds);

            Assert.Equal(0, code);
            Assert.InRange(clock.Elapsed, TimeSpan.Zero, s_longest);
            Assert.DoesNotContain(LeftWork, head.Output, StringComparison.Ordinal);
        }
        Assert.Equal(1, (await new JobLog(account, TimeProvider.System).ReadHeadAsync(job, Ct))!.Step);

        await using (var head = await HeadProcess.StartAsync(place))
        {
            var disturbed = await head.WaitForEndAsync(job.Value);
            Assert.True(HeadCalls.Text(disturbed, "status") == "succeeded", disturbed.ToString());
            Assert.Equal([1, 2], (await MetricsAsync(account, job)).Select(step => step.Step));
            var unbroken = await StartLongStepsAsync(head);
            var ended = await head.WaitForEndAsync(unbroken.Value);
            Assert.Equal(
                await PublishedWeights.HashesAsync(account, HeadCalls.Text(ended, "fine_tuned_model")!),
                await PublishedWeights.HashesAsync(account, HeadCalls.Text(disturbed, "fine_tuned_model")!));
            Assert.Equal((await MetricsAsync(account, unbroken)).Select(step => step.TrainLoss), (await MetricsAsync(account, job)).Select(step => step.TrainLoss));
        }
    }

    [Fact(Timeout = 900_000)]
    public async Task A_head_does_not_wait_for_a_storage_that_stands_still_and_the_next_one_goes_on()
    {
        var options = new AzuriteOptions { DataFolder = Directory.CreateTempSubdirectory("serverless-still-").FullName, Port = AzuriteFixture.FreePort() };
        var storage = await AzuriteProcess.StartAsync(options, Ct);
        try
        {
            var account = BlobAccountFactory.Open(new StorageSettings { ConnectionString = StorageSettings.DevelopmentStorageAt(options.Port) });
            using var place = HeadPlace.On(StorageSettings.DevelopmentStorageAt(options.Port));
            // So that there is something to commit whenever it is stopped.
            place.Variables["SERVERLESS_CHECKPOINT_SECONDS"] = 600;
            string job;
            await using (var head = await HeadProcess.StartAsync(place))
            {
                job = await head.StartJobAsync(examples: 200, epochs: 50);
                await FirstStepAsync(account, new JobId(job));
                await SignalAsync(storage, "STOP");
                try
                {
                    var clock = Stopwatch.StartNew();
                    var code = await head.StopAsync();

                    Assert.Equal(0, code);
                    // Eight seconds, and half of one for a note that the storage does not take.
                    Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(7), s_longest);
                    var said = $"{LeftWork}: {job} (TrainChunk); the next head goes on from what is committed";
                    // The last line may be read after the process's end.
                    for (var look = 0; look < 50 && !head.Output.Contains(said, StringComparison.Ordinal); look++)
                        await Task.Delay(100, Ct);
                    Assert.True(head.Output.Contains(said, StringComparison.Ordinal), head.Output);
                }
                finally
                {
                    await SignalAsync(storage, "CONT");
                }
            }
            await using var next = await HeadProcess.StartAsync(place);
            Assert.Equal("succeeded", HeadCalls.Text(await next.WaitForEndAsync(job), "status"));
        }
        finally
        {
            await storage.DisposeAsync();
            Directory.Delete(options.DataFolder, recursive: true);
        }
    }

    /// <summary>The tiny model with more room and layers, for steps longer than ten seconds, of micro-batches that take part of a second each.</summary>
    private static void WriteWideModel(string folder)
    {
        TinyModel.Write(folder, layers: 4);
        var config = Path.Combine(folder, "config.json");
        var written = File.ReadAllText(config);
        var wide = written.Replace("\"max_position_embeddings\": 128", "\"max_position_embeddings\": 512", StringComparison.Ordinal);
        Assert.NotEqual(written, wide);
        File.WriteAllText(config, wide);
    }

    /// <summary>A job of two steps of 256 long examples.</summary>
    private static async Task<JobId> StartLongStepsAsync(HeadProcess head)
    {
        var examples = string.Concat(Enumerable.Range(0, 512).Select(number => JsonSerializer.Serialize(new
        {
            messages = new[]
            {
                new { role = "user", content = $"Ticket {number}: " + string.Join(", ", Enumerable.Repeat("the parcel has not arrived and the tracking page shows nothing", 12)) },
                new { role = "assistant", content = "shipping" },
            },
        }) + "\n"));
        var request = HeadCalls.JobRequest(await head.UploadAsync(examples), epochs: 1, batchSize: 256);
        request["model"] = Wide;
        return new JobId(await head.CreateJobAsync(request));
    }

    /// <summary>Waits until a job has shown its first step.</summary>
    /// <returns>The seconds that it took.</returns>
    private static async Task<double> FirstStepAsync(BlobAccount account, JobId job)
    {
        while (true)
        {
            if (await MetricsAsync(account, job) is [var first, ..])
                return first.Seconds;
            Assert.Null((await new JobCatalog(account).FindAsync(job, Ct))!.Error);
            await Task.Delay(TimeSpan.FromMilliseconds(200), Ct);
        }
    }

    private static Task<IReadOnlyList<JobMetrics>> MetricsAsync(BlobAccount account, JobId job) => new JobLog(account, TimeProvider.System).ListMetricsAsync(job, 0, Ct);

    private static async Task SignalAsync(AzuriteProcess storage, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", storage.ProcessId!.Value.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(Ct);
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>Gives some bytes and then none, and does not end.</summary>
    private sealed class StandingStream : Stream
    {
        private int _given;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_given++ > 3)
                await Task.Delay(Timeout.Infinite, cancellationToken);
            return buffer.Length;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
