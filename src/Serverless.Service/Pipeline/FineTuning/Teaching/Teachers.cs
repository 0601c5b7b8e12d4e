using Serverless.Learning;
using Serverless.Service.Inference;
using Serverless.Service.Models;
using Serverless.Service.Network;

namespace Serverless.Service.Pipeline.FineTuning.Teaching;

/// <summary>Teachers by name: the endpoints of the configuration first, then the models of this service.</summary>
public sealed class Teachers(PipelineSettings settings, CheckpointModels models, BatchGenerator generator, OutboundPolicy outbound) : IDisposable
{
    /// <summary>The most bytes of an answer, many times what a million tokens take.</summary>
    private const int MostAnswerBytes = 32 << 20;

    // One for all: connections are kept, and each request has a limit of its own.
    private readonly HttpClient _http = outbound.CreateClient(Timeout.InfiniteTimeSpan, MostAnswerBytes);

    private readonly KnownSecrets _secrets = new(
        [.. settings.Teachers.Select(endpoint => endpoint.Key), .. settings.Webhooks.Select(endpoint => Convert.ToBase64String(endpoint.Key.Span))]);

    /// <summary>The teacher of a name; nothing of it is loaded or asked yet.</summary>
    /// <exception cref="InputError">There is no teacher of this name.</exception>
    /// <param name="path">Where in the request its name stands.</param>
    public async Task<ITeacher> FindAsync(string name, CancellationToken ct, string path = "method.distillation.teacher")
    {
        if (EndpointOf(name) is { } endpoint)
            return endpoint;
        if (await models.FindAsync(new ModelId(name), ct) is { } model)
            return new HostedTeacher(model, generator);
        throw new InputError($"{path}: found '{name}'; allowed: {Allowed}", path, "model_not_available");
    }

    /// <summary>The teacher of the configuration that has a name, or null if none has.</summary>
    public ITeacher? EndpointOf(string name) =>
        settings.Teachers.FirstOrDefault(endpoint => endpoint.Name == name) is { } endpoint ? new EndpointTeacher(endpoint, _http, _secrets) : null;

    /// <summary>What may be named where a model is asked, for errors.</summary>
    public string Allowed =>
        $"a model of this service, or a teacher of the configuration ({(settings.Teachers.IsEmpty ? "none are" : string.Join(", ", settings.Teachers.Select(endpoint => endpoint.Name)))})";

    public void Dispose() => _http.Dispose();
}
