using System.Net;
using System.Net.Http.Headers;
using Serverless.Learning;
using Serverless.Service.Network;

namespace Serverless.Service.Models.Hub;

/// <summary>
/// The part of the Hugging Face hub's HTTP interface that fetching a model needs: <c>/api/models/{id}/revision/{revision}?blobs=true</c> and
/// <c>/{id}/resolve/{commit}/{path}</c>.
/// </summary>
public sealed class HubClient : IDisposable
{
    private const int MaxRedirects = 10, MostDescriptionBytes = 64 << 20;

    private readonly HubSettings _settings;

    // Redirects are followed here, each judged anew: the token goes to the hub and to nobody that it sends us to.
    private readonly HttpClient _http;

    public HubClient(HubSettings settings, OutboundPolicy outbound)
    {
        _settings = settings;
        // A transfer takes what it takes; one that stands still is given up by the settings' patience.
        _http = outbound.CreateClient(Timeout.InfiniteTimeSpan, MostDescriptionBytes);
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("serverless/1.0");
        _http.DefaultRequestHeaders.AcceptEncoding.ParseAdd("identity");
    }

    /// <summary>What the hub has of a model at a revision.</summary>
    /// <param name="revision">A branch, a tag or a commit.</param>
    /// <exception cref="InputError">There is no such model or revision, it may not be read, or the hub cannot be reached.</exception>
    public async Task<HubModel> DescribeAsync(string id, string revision, CancellationToken ct)
    {
        var description = await ReadAsync($"api/models/{id}/revision/{Uri.EscapeDataString(revision)}?blobs=true", id, revision, ct);
        return HubDescription.Read(id, description);
    }

    /// <summary>A file's content from byte <paramref name="from"/> on; from the beginning where the answer is no 206. The caller disposes the answer.</summary>
    /// <exception cref="InputError">The file may not be read, or the hub refuses otherwise.</exception>
    /// <exception cref="HttpRequestException">The hub cannot be reached, or has a fault of its own.</exception>
    internal Task<HttpResponseMessage> OpenAsync(HubModel model, HubFile file, long from, CancellationToken ct) => SendAsync(
        $"{model.Id}/resolve/{model.Commit}/{string.Join('/', file.Path.Split('/').Select(Uri.EscapeDataString))}", from > 0 ? from : null, model.Id, model.Commit, ct);

    public void Dispose() => _http.Dispose();

    private async Task<byte[]> ReadAsync(string path, string id, string revision, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(_settings.Patience);
        try
        {
            using var answer = await SendAsync(path, null, id, revision, patience.Token);
            await answer.Content.LoadIntoBufferAsync(MostDescriptionBytes, patience.Token);
            return await answer.Content.ReadAsByteArrayAsync(patience.Token);
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            throw new InputError($"{_settings.Endpoint}: the hub cannot be reached ({fault.Message})", innerException: fault);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(string path, long? from, string id, string revision, CancellationToken ct)
    {
        var address = new Uri($"{_settings.Endpoint.ToString().TrimEnd('/')}/{path}");
        for (var redirects = 0; redirects <= MaxRedirects; redirects++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.Range = from is { } first ? new RangeHeaderValue(first, null) : null;
            if (_settings.Token is { } token && IsHub(address))
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            var answer = await OpenAsync(request, id, ct);
            if (answer.IsSuccessStatusCode || answer.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
                return answer;
            using (answer)
            {
                if (answer.Headers.Location is not { } location || (int)answer.StatusCode is < 301 or > 308)
                    // What the hub sent us to says nothing about the model; asked again, the hub may send us elsewhere.
                    throw IsHub(address) ? Refusal(answer, id, revision, path) : new HttpRequestException($"{address.Host} answered {(int)answer.StatusCode}");
                var next = new Uri(address, location);
                if (address.Scheme == Uri.UriSchemeHttps && next.Scheme != Uri.UriSchemeHttps)
                    throw Unreadable(id, $"a redirect leads from https to {next.Scheme}");
                address = next;
            }
        }

        throw Unreadable(id, $"more than {MaxRedirects} redirects");
    }

    private async Task<HttpResponseMessage> OpenAsync(HttpRequestMessage request, string id, CancellationToken ct)
    {
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        }
        catch (OutboundRefusedException fault)
        {
            throw new InputError($"{id}: cannot be fetched: {fault.Message}", innerException: fault);
        }
    }

    private bool IsHub(Uri address) =>
        Uri.Compare(address, _settings.Endpoint, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0;

    private Exception Refusal(HttpResponseMessage answer, string id, string revision, string path)
    {
        var code = answer.Headers.TryGetValues("X-Error-Code", out var values) ? values.First() : "";
        return (code, (int)answer.StatusCode) switch
        {
            ("GatedRepo", _) or (_, 403) => new InputError(
                $"{id}: the hub lets only those read it who have accepted its terms; accept them at {_settings.Endpoint.ToString().TrimEnd('/')}/{id}, and give a token that may read it in {HubSettings.TokenVariable}"),
            ("RevisionNotFound", _) => new InputError($"{id}: the hub has no revision '{revision}' of it"),
            ("EntryNotFound", _) => new InputError($"{id}: the hub has no {path}"),
            ("RepoNotFound", _) or (_, 401 or 404) => new InputError(
                $"{id}: the hub has no such model{(_settings.Token is null ? $", or a private one; {HubSettings.TokenVariable} takes a token" : $" that the token in {HubSettings.TokenVariable} opens")}"),
            // It may answer later: whoever asked decides whether to wait.
            (_, 408 or 429 or >= 500) => new HttpRequestException($"the hub answered {(int)answer.StatusCode}", null, answer.StatusCode),
            _ => Unreadable(id, $"the hub answered {(int)answer.StatusCode} to {path}"),
        };
    }

    internal static InputError Unreadable(string id, string finding) => new($"{id}: cannot be fetched: {finding}");
}
