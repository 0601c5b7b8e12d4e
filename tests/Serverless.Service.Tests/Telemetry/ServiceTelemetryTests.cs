using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Time.Testing;
using Serverless.Service.Jobs;
using Serverless.Service.Telemetry;
using Serverless.Service.Tests.Pipeline;

namespace Serverless.Service.Tests.Telemetry;

public sealed class ServiceTelemetryTests
{
    private static readonly JobId s_job = new("ftjob-measured");

    [Fact]
    public void A_step_is_measured_in_tokens_a_second_and_loss_with_its_job()
    {
        var measured = new List<(string Name, string? Unit, double Value)>();
        using var listener = Listener();
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
        {
            foreach (var tag in tags)
                if (tag is { Key: "serverless.job.id", Value: "ftjob-measured" })
                    measured.Add((instrument.Name, instrument.Unit, value));
        });
        listener.Start();

        ServiceTelemetry.Step(s_job, step: 3, loss: 0.5, tokens: 200, TimeSpan.FromSeconds(2));

        Assert.Equal([("serverless.training.loss", "1", 0.5), ("serverless.training.rate", "{token}/s", 100)], measured);
    }

    [Fact]
    public void The_age_of_a_job_that_waits_is_measured_in_seconds_until_it_has_trained()
    {
        var clock = new FakeTimeProvider();
        var job = TinyJob.Record(clock, JobStatus.Queued);
        var measured = new List<(string Name, string? Unit, double Value, int Tags)>();
        using var listener = Listener();
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
        {
            // Ages that no other test's job has.
            if (value is 4321.5 or 54321.5)
                measured.Add((instrument.Name, instrument.Unit, value, tags.Length));
        });
        listener.Start();

        ServiceTelemetry.Waits(job, job.CreatedAt.AddSeconds(4321.5));
        ServiceTelemetry.Waits(job with { StartedAt = job.CreatedAt }, job.CreatedAt.AddSeconds(54321.5));

        Assert.Equal([("serverless.queue.age", "s", 4321.5, 0)], measured);
    }

    [Fact]
    public void A_chunk_is_a_span_with_its_job_and_the_last_step_it_came_to()
    {
        Activity? ended = null;
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == ServiceTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity => ended = Equals(activity.GetTagItem("serverless.job.id"), s_job.Value) ? activity : ended,
        };
        ActivitySource.AddActivityListener(listener);

        using (ServiceTelemetry.StartChunk(s_job))
        {
            ServiceTelemetry.Step(s_job, step: 3, loss: 0.5, tokens: 200, TimeSpan.FromSeconds(2));
            ServiceTelemetry.Step(s_job, step: 4, loss: 0.4, tokens: 200, TimeSpan.FromSeconds(2));
        }

        Assert.Equal("train chunk", ended?.OperationName);
        Assert.Equal(4, ended?.GetTagItem("serverless.chunk.step"));
    }

    private static MeterListener Listener() => new()
    {
        InstrumentPublished = (instrument, subscription) =>
        {
            if (instrument.Meter.Name == ServiceTelemetry.Name)
                subscription.EnableMeasurementEvents(instrument);
        },
    };
}
