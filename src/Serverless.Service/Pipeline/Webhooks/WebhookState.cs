using System.Collections.Immutable;

namespace Serverless.Service.Pipeline.Webhooks;

/// <summary>How far the telling of a job's end has come; <c>jobs/&lt;id&gt;/webhooks.json</c>.</summary>
public sealed record WebhookState
{
    /// <summary>What is told, such as <c>fine_tuning.job.succeeded</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The message's id, the same at every attempt and endpoint.</summary>
    public required string EventId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The endpoints that have taken it, by their <see cref="WebhookEndpoint.Mark"/>.</summary>
    public ImmutableArray<string> Delivered { get; init; } = [];
}
