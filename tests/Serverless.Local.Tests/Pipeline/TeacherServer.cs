using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Serverless.Service.Pipeline.FineTuning.Teaching;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>A server of somebody else's that speaks OpenAI's chat completions, on this machine.</summary>
internal sealed class TeacherServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _requests;

    private TeacherServer(WebApplication app) => _app = app;

    /// <summary>What was asked: the last message of each request with its number.</summary>
    public ConcurrentQueue<string> Asked { get; } = [];

    /// <summary>The headers and bodies that came.</summary>
    public ConcurrentQueue<(string? Key, JsonElement Body)> Requests { get; } = [];

    public TeacherEndpoint Endpoint { get; private set; } = null!;

    /// <param name="answer">Status and content of the answer to the n-th request, counted from 1, with this body.</param>
    public static async Task<TeacherServer> StartAsync(Func<int, JsonElement, Task<(int Status, string Content)>> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new TeacherServer(builder.Build());
        server._app.MapPost("/v1/chat/completions", context => server.AnswerAsync(context, answer));
        await server._app.StartAsync();
        server.Endpoint = new TeacherEndpoint("far", new Uri($"{server._app.Urls.Single()}/v1"), "big-model", "secret");
        return server;
    }

    /// <summary>An answer as OpenAI writes it.</summary>
    public static (int, string) Says(string text, string finish = "stop", string? thinking = null) => (200, JsonSerializer.Serialize(new
    {
        choices = new[] { new { message = new { role = "assistant", content = text, reasoning_content = thinking }, finish_reason = finish } },
    }));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context, Func<int, JsonElement, Task<(int Status, string Content)>> answer)
    {
        var number = Interlocked.Increment(ref _requests);
        using var body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        Requests.Enqueue((context.Request.Headers.Authorization, body.RootElement.Clone()));
        Asked.Enqueue(body.RootElement.GetProperty("messages").EnumerateArray().Last().GetProperty("content").GetString()!);
        (context.Response.StatusCode, var content) = await answer(number, body.RootElement).WaitAsync(context.RequestAborted);
        await context.Response.WriteAsync(content, context.RequestAborted);
    }
}
