using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Serverless.Service.Jobs;
using Serverless.Service.Telemetry;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>What the service measures about itself in the test that makes this, as long as this is not disposed; other tests may run beside it.</summary>
internal sealed class JobTelemetry : IDisposable
{
    private readonly ConcurrentQueue<(string Instrument, object? Job, double Value)> _values = new();
    private readonly ConcurrentQueue<Activity> _spans = new();
    private readonly MeterListener _meter = new();
    private readonly ActivityListener _source;
    private readonly string? _test = TestContext.Current.Test?.UniqueID;

    public JobTelemetry()
    {
        _meter.InstrumentPublished = (instrument, subscription) =>
        {
            if (instrument.Meter.Name == ServiceTelemetry.Name)
                subscription.EnableMeasurementEvents(instrument);
        };
        _meter.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
        {
            if (TestContext.Current.Test?.UniqueID != _test)
                return;
            object? job = null;
            foreach (var tag in tags)
                job = tag.Key == "serverless.job.id" ? tag.Value : job;
            _values.Enqueue((instrument.Name, job, value));
        });
        _meter.Start();
        _source = new ActivityListener
        {
            ShouldListenTo = source => source.Name == ServiceTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = _spans.Enqueue,
        };
        ActivitySource.AddActivityListener(_source);
    }

    /// <summary>The spans of a job's chunks that took steps, by the last one of each.</summary>
    public IEnumerable<int> ChunkSteps(JobId job) => _spans
        .Where(span => span.OperationName == "train chunk" && Equals(span.GetTagItem("serverless.job.id"), job.Value))
        .Select(span => span.GetTagItem("serverless.chunk.step")).OfType<int>();

    /// <summary>The values of an instrument, of one job or, where no job is told apart, of all.</summary>
    public IReadOnlyList<double> Values(string instrument, JobId? job) =>
        [.. _values.Where(entry => entry.Instrument == instrument && Equals(entry.Job, job?.Value)).Select(entry => entry.Value)];

    public void Dispose()
    {
        _meter.Dispose();
        _source.Dispose();
    }
}
