using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Serverless.Functions.Http;
using Serverless.Functions.Settings;

namespace Serverless.Functions.Tests.Http;

/// <summary>Requests whose body never ends, against a timeout of ten minutes.</summary>
public sealed class RequestDeadlineTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly ServiceProvider _services;

    public RequestDeadlineTests() => _services = new ServiceCollection()
        .AddLogging()
        .AddSingleton(new DiagnosticListener("a web host's"))
        .AddSingleton<TimeProvider>(_clock)
        .AddCloudHead(
            new CloudSettings { Data = Path.GetTempPath(), StorageAccount = new() { ConnectionString = "UseDevelopmentStorage=true" } },
            new FunctionLimits(TimeSpan.FromMinutes(10)))
        .BuildServiceProvider();

    [Fact]
    public async Task A_request_that_hangs_is_answered_with_408_at_three_quarters_of_the_timeout()
    {
        using var left = new CancellationTokenSource();
        var (status, body) = await PostAsync(left, () => _clock.Advance(TimeSpan.FromSeconds(450)));
        Assert.Equal(408, status);
        Assert.Contains("The request was not through after 450 s, the longest that the server allows.", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Until_then_it_is_waited_for_and_a_caller_who_leaves_gets_no_answer()
    {
        using var left = new CancellationTokenSource();
        var (_, body) = await PostAsync(left, () =>
        {
            _clock.Advance(TimeSpan.FromSeconds(449));
            left.Cancel();
        });
        Assert.Empty(body);
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private async Task<(int Status, string Body)> PostAsync(CancellationTokenSource left, Action whenRead)
    {
        var context = new DefaultHttpContext { RequestServices = _services };
        context.Features.Set<IHttpRequestLifetimeFeature>(new HttpRequestLifetimeFeature { RequestAborted = left.Token });
        context.Request.Method = "POST";
        context.Request.Path = "/v1/fine_tuning/jobs";
        context.Request.Host = new HostString("localhost");
        context.Request.ContentType = "application/json";
        context.Request.Body = new EndlessBody(whenRead);
        using var answer = new MemoryStream();
        context.Response.Body = answer;
        await new ApiPipeline(_services).AnswerAsync(context);
        return (context.Response.StatusCode, Encoding.UTF8.GetString(answer.ToArray()));
    }

    /// <summary>Something happens at the first read, and no byte comes.</summary>
    private sealed class EndlessBody(Action whenRead) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            whenRead();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            return 0;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
