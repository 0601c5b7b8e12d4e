using System.Diagnostics;
using Serverless.Tests.Shared;

namespace Serverless.EndToEnd.Tests;

/// <summary>A head that is asked to end does so soon, whoever still talks to it.</summary>
public sealed class StopTests(AzuriteFixture azurite)
{
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
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(20));
        // The client itself would go on waiting for the rest of its file.
        await left.CancelAsync();
        await Record.ExceptionAsync(() => upload);
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
