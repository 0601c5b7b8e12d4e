using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Serverless.Faults.Proxy;

/// <summary>
/// Stands between a head and its storage and passes calls on, byte for byte: the signature covers path, query and headers, and not the host.
/// A plan decides what becomes of each.
/// </summary>
internal sealed class StorageProxy : IAsyncDisposable
{
    private const int LargestBody = 64 << 20;

    private static readonly string[] s_ofTheConnection = ["Host", "Connection", "Keep-Alive", "Transfer-Encoding", "Content-Length", "Expect"];

    private readonly WebApplication _app;
    private readonly HttpMessageInvoker _storage = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false });
    private readonly string _target;

    private StorageProxy(WebApplication app, int storagePort) => (_app, _target) = (app, $"http://127.0.0.1:{storagePort}");

    /// <summary>Decides what becomes of a call; it may take its time.</summary>
    public Func<StorageCall, Task<Disturbance>> Before { get; set; } = _ => Task.FromResult(Disturbance.None);

    /// <summary>Told of each call that was carried out, before its answer goes out.</summary>
    public Func<StorageCall, Task> After { get; set; } = _ => Task.CompletedTask;

    public int Port => new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    /// <summary>Starts at a free port.</summary>
    public static async Task<StorageProxy> StartAsync(int storagePort, CancellationToken ct)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = LargestBody);
        var app = builder.Build();
        var proxy = new StorageProxy(app, storagePort);
        app.Run(proxy.PassAsync);
        await app.StartAsync(ct);
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource();
        await atOnce.CancelAsync();
        await _app.StopAsync(atOnce.Token);
        await _app.DisposeAsync();
        _storage.Dispose();
    }

    private async Task PassAsync(HttpContext context)
    {
        try
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            await PassAsync(context, StorageCall.Of(context.Request), body.ToArray());
        }
        catch (Exception fault) when (fault is IOException or HttpRequestException or OperationCanceledException)
        {
            // One of the two sides is gone: so is the other one's connection.
            context.Abort();
        }
    }

    private async Task PassAsync(HttpContext context, StorageCall call, byte[] body)
    {
        var disturbance = await Before(call);
        switch (disturbance)
        {
            case Disturbance.Fails:
                Refuse(context, HttpStatusCode.InternalServerError, "InternalError");
                return;
            case Disturbance.Busy:
                Refuse(context, HttpStatusCode.ServiceUnavailable, "ServerBusy");
                return;
            case Disturbance.Throttled:
                Refuse(context, HttpStatusCode.TooManyRequests, "TooManyRequests");
                return;
            case Disturbance.CutBefore:
                context.Abort();
                return;
            case Disturbance.Slow:
                await Task.Delay(TimeSpan.FromSeconds(1.5), context.RequestAborted);
                break;
            case Disturbance.Twice:
                (await SendAsync(context, body)).Dispose();
                break;
        }
        // A call that has come is carried out, whether or not somebody still waits for its answer.
        using var answer = await SendAsync(context, body);
        var content = await answer.Content.ReadAsByteArrayAsync(CancellationToken.None);
        await After(call);
        if (disturbance == Disturbance.FailsAfter)
            Refuse(context, HttpStatusCode.InternalServerError, "InternalError");
        else
            await AnswerAsync(context, answer, content, cut: disturbance == Disturbance.CutAfter);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpContext context, byte[] body)
    {
        var request = context.Request;
        var target = new Uri(_target + context.Features.Get<IHttpRequestFeature>()!.RawTarget, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var message = new HttpRequestMessage(new HttpMethod(request.Method), target);
        if (request.ContentLength is not null)
            message.Content = new ByteArrayContent(body);
        foreach (var (name, values) in request.Headers)
            if (!s_ofTheConnection.Contains(name, StringComparer.OrdinalIgnoreCase) && !message.Headers.TryAddWithoutValidation(name, values.AsEnumerable()))
                message.Content?.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
        return await _storage.SendAsync(message, CancellationToken.None);
    }

    private static async Task AnswerAsync(HttpContext context, HttpResponseMessage answer, byte[] content, bool cut)
    {
        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers))
            if (!s_ofTheConnection.Contains(name, StringComparer.OrdinalIgnoreCase))
                context.Response.Headers[name] = values.ToArray();
        // An answer to HEAD says how long the content would be.
        context.Response.ContentLength = answer.Content.Headers.ContentLength;
        if (!cut)
        {
            await context.Response.Body.WriteAsync(content, context.RequestAborted);
            return;
        }
        if (content.Length > 1)
        {
            await context.Response.Body.WriteAsync(content.AsMemory(0, content.Length / 2), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
        context.Abort();
    }

    private static void Refuse(HttpContext context, HttpStatusCode status, string code)
    {
        context.Response.StatusCode = (int)status;
        context.Response.Headers["x-ms-error-code"] = code;
        context.Response.Headers["x-ms-request-id"] = Guid.NewGuid().ToString();
        context.Response.ContentLength = 0;
        if (status == HttpStatusCode.TooManyRequests)
            context.Response.Headers.RetryAfter = 1.ToString(CultureInfo.InvariantCulture);
    }
}
