using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Serverless.Tests.Shared;

/// <summary>
/// A server that answers as the Hugging Face hub does: the description of a model with sizes and hashes, small files at once, and for large ones
/// a redirect to another host, which takes ranges. It can break off, change bytes, and refuse.
/// </summary>
public sealed class LoopbackHub : IAsyncDisposable
{
    /// <summary>What every revision stands for.</summary>
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";

    private readonly HttpListener _listener = new();
    private readonly ConcurrentDictionary<string, byte[]> _files = new(StringComparer.Ordinal);
    private readonly string _store;
    private Task _serving = Task.CompletedTask;

    private LoopbackHub(int port)
    {
        (Endpoint, _store) = ($"http://127.0.0.1:{port}", $"http://localhost:{port}");
        _listener.Prefixes.Add(Endpoint + "/");
        _listener.Prefixes.Add(_store + "/");
    }

    public string Endpoint { get; }

    /// <summary>Every request so far: host, method, path with query, range and authorisation.</summary>
    public ConcurrentQueue<(string Host, string Path, string? Range, string? Authorization)> Requests { get; } = new();

    /// <summary>Looks at each answer's content before it is sent; gives how many bytes of it go out before the connection breaks, or null for all.</summary>
    public Func<string, byte[], int?> BreakAfter { get; set; } = (_, _) => null;

    /// <summary>Whether ranges are ignored, as a server may.</summary>
    public bool IgnoresRanges { get; set; }

    /// <summary>A model's refusal: status and X-Error-Code.</summary>
    public ConcurrentDictionary<string, (int Status, string? Code)> Refusals { get; } = new(StringComparer.Ordinal);

    public static Task<LoopbackHub> StartAsync()
    {
        var hub = new LoopbackHub(AzuriteFixture.FreePort());
        hub._listener.Start();
        hub._serving = hub.ServeAsync();
        return Task.FromResult(hub);
    }

    /// <summary>Adds the files of a folder to a model.</summary>
    public void Put(string id, string folder)
    {
        foreach (var path in Directory.GetFiles(folder))
            _files[$"{id}/{Path.GetFileName(path)}"] = File.ReadAllBytes(path);
    }

    /// <summary>Adds a file to a model, or another content that is sent in spite of the hashes.</summary>
    public void Put(string id, string path, byte[] content) => _files[$"{id}/{path}"] = content;

    /// <summary>What is sent for a file, where that is not what the description says.</summary>
    public ConcurrentDictionary<string, byte[]> Forged { get; } = new(StringComparer.Ordinal);

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                _ = AnswerAsync(await _listener.GetContextAsync());
            }
            catch (Exception fault) when (fault is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        var path = Uri.UnescapeDataString(context.Request.Url!.AbsolutePath).TrimStart('/');
        Requests.Enqueue((context.Request.UserHostName, context.Request.Url.PathAndQuery, context.Request.Headers["Range"], context.Request.Headers["Authorization"]));
        var response = context.Response;
        try
        {
            if (path.StartsWith("store/", StringComparison.Ordinal))
                await SendAsync(context, path["store/".Length..]);
            else if (path.StartsWith("api/models/", StringComparison.Ordinal))
                await DescribeAsync(context, path["api/models/".Length..].Split("/revision/"));
            else
                await ResolveAsync(context, path.Split($"/resolve/{Commit}/"));
            response.Close();
        }
        catch (Exception fault) when (fault is HttpListenerException or IOException or ObjectDisposedException)
        {
            response.Abort();
        }
    }

    private async Task DescribeAsync(HttpListenerContext context, string[] parts)
    {
        var files = _files.Where(file => file.Key.StartsWith(parts[0] + "/", StringComparison.Ordinal)).OrderBy(file => file.Key, StringComparer.Ordinal).ToList();
        (int Status, string? Code)? refusal = Refusals.TryGetValue(parts[0], out var set) ? set
            : files.Count == 0 ? (401, "RepoNotFound")
            : parts[1] is not ("main" or Commit) ? (404, "RevisionNotFound")
            : null;
        if (refusal is { } found)
        {
            Refuse(context.Response, found);
            return;
        }
        var siblings = files.Select(file =>
        {
            var sibling = new JsonObject { ["rfilename"] = file.Key[(parts[0].Length + 1)..], ["size"] = file.Value.Length, ["blobId"] = GitName(file.Value) };
            if (IsLarge(file.Key))
                sibling["lfs"] = new JsonObject { ["sha256"] = Sha256(file.Value), ["size"] = file.Value.Length, ["pointerSize"] = 135 };
            return (JsonNode?)sibling;
        });
        var description = new JsonObject { ["id"] = parts[0], ["sha"] = Commit, ["gated"] = false, ["private"] = false, ["siblings"] = new JsonArray([.. siblings]) };
        context.Response.ContentType = "application/json";
        await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(description.ToJsonString()));
    }

    private async Task ResolveAsync(HttpListenerContext context, string[] parts)
    {
        if (parts.Length != 2 || !_files.TryGetValue($"{parts[0]}/{parts[1]}", out var content))
        {
            Refuse(context.Response, (404, "EntryNotFound"));
            return;
        }
        context.Response.Headers["X-Repo-Commit"] = Commit;
        if (!IsLarge(parts[1]))
        {
            context.Response.Headers["ETag"] = $"\"{GitName(content)}\"";
            await SendAsync(context, $"{parts[0]}/{parts[1]}");
            return;
        }
        context.Response.Headers["X-Linked-Etag"] = $"\"{Sha256(content)}\"";
        context.Response.Headers["X-Linked-Size"] = content.Length.ToString(CultureInfo.InvariantCulture);
        context.Response.Redirect($"{_store}/store/{parts[0]}/{parts[1]}");
    }

    private async Task SendAsync(HttpListenerContext context, string key)
    {
        var whole = Forged.GetValueOrDefault(key) ?? _files[key];
        var from = !IgnoresRanges && context.Request.Headers["Range"] is { } range ? int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture) : 0;
        if (from > 0)
        {
            context.Response.StatusCode = 206;
            context.Response.Headers["Content-Range"] = $"bytes {from}-{whole.Length - 1}/{whole.Length}";
        }
        var content = whole[from..];
        context.Response.ContentLength64 = content.Length;
        if (BreakAfter(key, content) is { } count)
        {
            await context.Response.OutputStream.WriteAsync(content.AsMemory(0, count));
            await context.Response.OutputStream.FlushAsync();
            context.Response.Abort();
            return;
        }
        await context.Response.OutputStream.WriteAsync(content);
    }

    private static void Refuse(HttpListenerResponse response, (int Status, string? Code) refusal)
    {
        response.StatusCode = refusal.Status;
        if (refusal.Code is not null)
            response.Headers["X-Error-Code"] = refusal.Code;
    }

    private static bool IsLarge(string path) => path.EndsWith(".safetensors", StringComparison.Ordinal);

    private static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private static string GitName(byte[] content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(Encoding.ASCII.GetBytes($"blob {content.Length}\0"));
        hash.AppendData(content);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
