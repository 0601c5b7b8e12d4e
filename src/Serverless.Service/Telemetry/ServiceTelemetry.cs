using System.Diagnostics;
using System.Diagnostics.Metrics;
using Serverless.Service.Jobs;

namespace Serverless.Service.Telemetry;

/// <summary>
/// What the service measures about itself, for whatever a head exports it to: a span for each chunk of training, and metrics of its steps
/// and of the queue. Names follow OpenTelemetry's conventions; units stand beside them as UCUM writes them.
/// </summary>
public static class ServiceTelemetry
{
    /// <summary>The name of the activity source and of the meter.</summary>
    public const string Name = "Serverless";

    private const string JobTag = "serverless.job.id";

    private static readonly ActivitySource s_source = new(Name);
    private static readonly Meter s_meter = new(Name);
    private static readonly Histogram<double> s_rate =
        s_meter.CreateHistogram<double>("serverless.training.rate", "{token}/s", "Tokens that an optimiser step took in, by its time");
    private static readonly Gauge<double> s_loss =
        s_meter.CreateGauge<double>("serverless.training.loss", "1", "Mean loss of the newest optimiser step, in nats a token");
    private static readonly Histogram<double> s_queueAge =
        s_meter.CreateHistogram<double>("serverless.queue.age", "s", "Age of a job each time it asks for a training slot before its first");

    /// <summary>Begins the span of a chunk, which lasts until it is disposed; null when nobody listens. Steps note on it how far they came.</summary>
    internal static Activity? StartChunk(JobId job) => s_source.StartActivity("train chunk")?.SetTag(JobTag, job.Value);

    /// <summary>Measures one optimiser step.</summary>
    /// <param name="loss">Mean over the step's supervised tokens.</param>
    internal static void Step(JobId job, int step, double? loss, int tokens, TimeSpan elapsed)
    {
        var tag = new KeyValuePair<string, object?>(JobTag, job.Value);
        if (loss is { } measured)
            s_loss.Record(measured, tag);
        if (elapsed > TimeSpan.Zero)
            s_rate.Record(tokens / elapsed.TotalSeconds, tag);
        Activity.Current?.SetTag("serverless.chunk.step", step);
    }

    /// <summary>Measures how old a job is that has not trained yet.</summary>
    internal static void Waits(JobRecord job, DateTimeOffset now)
    {
        if (job.StartedAt is null)
            s_queueAge.Record((now - job.CreatedAt).TotalSeconds);
    }
}
