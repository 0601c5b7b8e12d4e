using System.Diagnostics;
using System.Diagnostics.Metrics;
using Serverless.Service.Jobs;
using Serverless.Service.Telemetry;

namespace Serverless.Service.Tests.Telemetry;

public sealed class ServiceTelemetryTests
{
    private static readonly JobId s_job = new("ftjob-measured");

    [Fact]
    public void A_step_is_measured_in_tokens_a_second_and_loss_with_its_job()
    {
        var measured = new List<(string Name, string? Unit, double Value)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, subscription) =>
            {
                if (instrument.Meter.Name == ServiceTelemetry.Name)
                    subscription.EnableMeasurementEvents(instrument);
            },
        };
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
}
