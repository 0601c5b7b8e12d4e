using System.Net;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Serverless.Api.Updates;
using Serverless.Learning.Adapters;
using Serverless.Learning.Kernels;
using Serverless.Learning.Native;
using Serverless.Learning.Training;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Tests.Shared;

namespace Serverless.Api.Tests.Updates;

public sealed class UpdateTests(AzuriteFixture azurite)
{
    /// <summary>A stream looks once, and ends.</summary>
    private static readonly ApiSettings OneLook = new() { MaxGenerationTime = TimeSpan.FromMilliseconds(1) };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stream_begins_with_the_newest_jobs_and_ends_within_the_platforms_time()
    {
        await using var server = await ApiServer.StartAsync(azurite, OneLook);
        var job = await CreateAsync(server);

        using var answer = await server.Http.GetAsync("/v1/fine_tuning/updates", Ct);
        var text = await answer.Content.ReadAsStringAsync(Ct);

        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        Assert.StartsWith("retry: 1000\n\n", text, StringComparison.Ordinal);
        var frame = UpdateFrame.ReadAll(text)[0];
        Assert.Equal("jobs", frame.Name);
        var listed = Assert.Single(frame.Data.GetProperty("data").EnumerateArray().ToArray());
        Assert.Equal(job.Id.Value, listed.GetProperty("id").GetString());
        Assert.Equal("validating_files", listed.GetProperty("status").GetString());
        Assert.Equal("null", listed.GetProperty("progress").GetRawText());
        Assert.False(frame.Data.GetProperty("has_more").GetBoolean());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_watched_job_comes_with_all_its_steps_and_messages_and_goes_on_where_the_client_said_it_was_in_the_header_or_the_query(bool inQuery)
    {
        await using var server = await ApiServer.StartAsync(azurite, OneLook);
        var job = await CreateAsync(server);
        await using (var lease = await AcquireAsync(server, job.Id))
            await CommitAsync(server, lease, ["Validating", "Started"], Steps(1, 3));

        var first = await ReadAsync(server, job.Id);
        Assert.Equal(["jobs", "job", "log", "steps"], first.Select(frame => frame.Name));
        Assert.Equal(["Validating", "Started"], first[2].Data.GetProperty("events").EnumerateArray().Select(one => one.GetProperty("message").GetString()));
        var step = first[3].Data.GetProperty("steps")[0];
        Assert.Equal(1, step.GetProperty("step").GetInt32());
        Assert.Equal(2.5, step.GetProperty("train_loss").GetDouble());
        Assert.Equal(0.25, step.GetProperty("reward").GetDouble());
        Assert.Equal($"{job.Id}=3.2", first[^1].Id);

        Assert.Equal(["jobs", "job"], (await ReadAsync(server, job.Id, first[^1].Id, inQuery)).Select(frame => frame.Name));

        await using (var lease = await AcquireAsync(server, job.Id))
        {
            await CommitAsync(server, lease, ["Checkpoint"], Steps(4, 2));
            await server.Get<JobLog>().WriteLiveAsync(lease, [Message("Live")], [.. Steps(6, 1)], Ct);
        }
        var next = await ReadAsync(server, job.Id, first[^1].Id, inQuery);
        Assert.Equal(["Checkpoint", "Live"], next[2].Data.GetProperty("events").EnumerateArray().Select(one => one.GetProperty("message").GetString()));
        Assert.Equal([4, 5, 6], next[3].Data.GetProperty("steps").EnumerateArray().Select(one => one.GetProperty("step").GetInt32()));
        Assert.Equal($"{job.Id}=6.4", next[^1].Id);
    }

    [Fact]
    public async Task Twelve_jobs_can_be_watched_at_a_time_and_more_are_refused()
    {
        await using var server = await ApiServer.StartAsync(azurite, OneLook);
        string[] ids = [.. Enumerable.Range(0, 13).Select(_ => JobId.New(TimeProvider.System).Value)];

        var text = await server.Http.GetStringAsync(Query(ids[..12]), Ct);
        Assert.Equal(ids[..12], UpdateFrame.ReadAll(text).Where(frame => frame.Name == "missing").Select(frame => frame.Data.GetProperty("job").GetString()));
        // One that is named again is watched once.
        Assert.Equal(HttpStatusCode.OK, (await server.Http.GetAsync(Query([.. ids[..12], ids[0]]), Ct)).StatusCode);
        using var refused = await server.Http.GetAsync(Query(ids), Ct);
        var error = await refused.ErrorAsync();
        Assert.Equal(
            (HttpStatusCode.BadRequest, "Invalid 'job': array too long. Expected an array with maximum length 12, but got an array with length 13 instead.", "job"),
            (refused.StatusCode, error.GetProperty("message").GetString(), error.GetProperty("param").GetString()));

        static string Query(string[] ids) => "/v1/fine_tuning/updates?" + string.Join('&', ids.Select(id => $"job={id}"));
    }

    [Fact]
    public async Task Streams_that_watch_one_job_share_what_is_read_and_each_goes_on_from_its_own_place()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        var job = (await CreateAsync(server)).Id;
        var (time, feed) = NewFeed(server);
        using var stream = feed.Open([job]);
        await using (var lease = await AcquireAsync(server, job))
            await CommitAsync(server, lease, ["Validating", "Started"], Steps(1, 3));

        var news = await feed.JobAsync(job, Ct);
        Assert.Same(news, await feed.JobAsync(job, Ct));
        var list = await feed.ListAsync(Ct);
        Assert.Same(await feed.TailAsync(job, news, (0, 0), Ct), await feed.TailAsync(job, news, (0, 0), Ct));
        Assert.Equal(["log", "steps"], (await feed.TailAsync(job, news, (0, 0), Ct)).Select(frame => frame.Name));
        Assert.Equal([("steps", (3, 2L))], (await feed.TailAsync(job, news, (2, 2), Ct)).Select(frame => (frame.Name, frame.Place)));
        Assert.Empty(await feed.TailAsync(job, news, (3, 2), Ct));

        time.Advance(TimeSpan.FromMinutes(1));
        var later = await feed.JobAsync(job, Ct);
        Assert.NotSame(news, later);
        // What has not changed is known by being the same array.
        Assert.Same(news.Data, later.Data);
        Assert.Same(list, await feed.ListAsync(Ct));
        await server.Get<JobCatalog>().UpdateAsync(job, now => now with { Status = JobStatus.Queued }, Ct);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.NotSame(later.Data, (await feed.JobAsync(job, Ct)).Data);
        Assert.NotSame(list, await feed.ListAsync(Ct));
    }

    [Fact]
    public async Task What_was_read_for_streams_is_forgotten_with_the_last_of_them()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        var job = (await CreateAsync(server)).Id;
        var (_, feed) = NewFeed(server);
        var (one, two) = (feed.Open([job]), feed.Open([job]));
        var news = await feed.JobAsync(job, Ct);

        one.Dispose();
        one.Dispose();
        Assert.Same(news, await feed.JobAsync(job, Ct));

        two.Dispose();
        await Assert.ThrowsAsync<KeyNotFoundException>(() => feed.JobAsync(job, Ct));
        using var three = feed.Open([job]);
        Assert.NotSame(news, await feed.JobAsync(job, Ct));
    }

    [Fact]
    public async Task A_stream_that_another_process_has_told_more_reads_anew_before_it_takes_anything_back()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        var job = (await CreateAsync(server)).Id;
        var (_, feed) = NewFeed(server);
        using var stream = feed.Open([job]);
        await using var lease = await AcquireAsync(server, job);
        await CommitAsync(server, lease, ["Validating"], Steps(1, 1));
        var old = await feed.JobAsync(job, Ct);
        await CommitAsync(server, lease, ["Started"], Steps(2, 3));

        Assert.Equal([("steps", (4, 2L))], (await feed.TailAsync(job, old, (3, 2), Ct)).Select(frame => (frame.Name, frame.Place)));
        Assert.Equal(["reset", "log", "steps"], (await feed.TailAsync(job, old, (5, 2), Ct)).Select(frame => frame.Name));
    }

    [Fact]
    public async Task An_open_stream_tells_steps_as_they_come_and_how_the_job_ends()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        var job = (await CreateAsync(server)).Id;
        await using var lease = await AcquireAsync(server, job);
        await CommitAsync(server, lease, ["Started"], Steps(1, 2));
        using var answer = await server.Http.GetAsync($"/v1/fine_tuning/updates?job={job}", HttpCompletionOption.ResponseHeadersRead, Ct);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Ct));

        await UntilAsync(reader, "\"step\":2,");
        await server.Get<JobLog>().WriteLiveAsync(lease, [], [.. Steps(3, 1)], Ct);
        await UntilAsync(reader, "\"step\":3,");
        await CommitAsync(server, lease, ["Ended"], Steps(3, 2));
        await UntilAsync(reader, "\"message\":\"Ended\"");
        Assert.Equal($"id: {job}=4.2", await UntilAsync(reader, $"id: {job}=4.2"));
        await server.Get<JobCatalog>().UpdateAsync(job, now => now with { Status = JobStatus.Succeeded, FinishedAt = DateTimeOffset.UnixEpoch }, Ct);
        await UntilAsync(reader, "\"status\":\"succeeded\"");
    }

    [Fact]
    public async Task Events_that_a_killed_trainer_never_committed_are_taken_back()
    {
        await using var server = await ApiServer.StartAsync(azurite, OneLook);
        var job = await CreateAsync(server);
        await using (var lease = await AcquireAsync(server, job.Id))
            await CommitAsync(server, lease, ["Validating"], Steps(1, 1));

        var frames = await ReadAsync(server, job.Id, $"{job.Id}=9.5");

        Assert.Equal(["jobs", "job", "reset", "log", "steps"], frames.Select(frame => frame.Name));
        Assert.Equal($"{job.Id}=1.1", frames[^1].Id);
    }

    [Fact]
    public async Task A_long_run_is_thinned_and_keeps_its_last_step_and_every_validation()
    {
        await using var server = await ApiServer.StartAsync(azurite, OneLook);
        var job = await CreateAsync(server);
        await using (var lease = await AcquireAsync(server, job.Id))
            await CommitAsync(server, lease, [], Steps(1, 9001).Select(step => step.Step == 5000 ? step with { ValidLoss = 1 } : step));

        var steps = (await ReadAsync(server, job.Id)).Where(frame => frame.Name == "steps").SelectMany(frame => frame.Data.GetProperty("steps").EnumerateArray())
            .Select(step => step.GetProperty("step").GetInt32()).ToList();

        Assert.InRange(steps.Count, 2000, 3002);
        Assert.Contains(5000, steps);
        Assert.Equal(9001, steps[^1]);
        Assert.Equal(steps.Order(), steps);
    }

    [Fact]
    public async Task The_steps_that_there_are_follow_the_plan()
    {
        await using var server = await ApiServer.StartAsync(azurite, OneLook);
        var job = (await CreateAsync(server)) with { Status = JobStatus.Running };
        var plan = new JobPlan
        {
            Options = new TrainingOptions { Adapter = new AdapterOptions(), Epochs = 1, BatchSize = 1, LearningRate = 1, MaxSequenceLength = 8, Seed = 1 },
            Fingerprint = new NativeFingerprint("2.10.0", "AuthenticAMD 25.17", "avx2", 2, KernelPath.Fused, "highest"),
            TotalSteps = 40, Examples = 40, Tokens = 400, Weights = 1, EstimatedBytes = 1, EstimatedTime = TimeSpan.Zero,
        };
        var (plans, reader) = (server.Get<JobPlans>(), new ProgressReader(server.Get<JobLog>(), server.Get<JobPlans>()));
        foreach (var (now, expected) in new[] { (plan, 40), (plan with { TotalSteps = 44 }, 44), (plan with { StoppedAt = 12 }, 12) })
        {
            await plans.WriteAsync(job.StageId(), now, Ct);
            Assert.Equal(expected, (await reader.ReadAsync(job, null, Ct))!["total_steps"]!.GetValue<int>());
        }
    }

    [Fact]
    public async Task A_job_that_does_not_exist_is_said_to_be_missing()
    {
        await using var server = await ApiServer.StartAsync(azurite, OneLook);

        var frames = UpdateFrame.ReadAll(await server.Http.GetStringAsync("/v1/fine_tuning/updates?job=ftjob-none", Ct));

        Assert.Equal("missing", frames[^1].Name);
        Assert.Equal("ftjob-none", frames[^1].Data.GetProperty("job").GetString());
    }

    [Fact]
    public async Task More_jobs_than_a_chart_can_show_are_refused()
    {
        await using var server = await ApiServer.StartAsync(azurite, OneLook);
        var query = string.Join('&', Enumerable.Range(0, 13).Select(at => $"job=ftjob-{at}"));

        using var answer = await server.Http.GetAsync($"/v1/fine_tuning/updates?{query}", Ct);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(
            "Invalid 'job': array too long. Expected an array with maximum length 12, but got an array with length 13 instead.",
            (await answer.ErrorAsync()).GetProperty("message").GetString());
    }

    [Fact]
    public async Task An_open_stream_does_not_hold_up_the_end_of_the_service()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        using var answer = await server.Http.GetAsync("/v1/fine_tuning/updates", HttpCompletionOption.ResponseHeadersRead, Ct);
        var reading = answer.Content.ReadAsStringAsync(Ct);

        server.Get<IHostApplicationLifetime>().StopApplication();

        Assert.Contains("event: jobs", await reading.WaitAsync(TimeSpan.FromSeconds(60), Ct), StringComparison.Ordinal);
    }

    /// <summary>The next line that holds a text.</summary>
    private static async Task<string> UntilAsync(StreamReader stream, string text)
    {
        while (await stream.ReadLineAsync(Ct) is { } line)
            if (line.Contains(text, StringComparison.Ordinal))
                return line;
        throw new EndOfStreamException($"the stream has ended without {text}");
    }

    private static (FakeTimeProvider Time, UpdateFeed Feed) NewFeed(ApiServer server)
    {
        var time = new FakeTimeProvider();
        return (time, new UpdateFeed(
            server.Get<JobCatalog>(), server.Get<JobLog>(), server.Get<JobPlans>(), server.Get<PipelineSettings>(), time));
    }

    private static Task<JobRecord> CreateAsync(ApiServer server) => server.Get<JobCatalog>().CreateAsync(new JobRecord
    {
        Id = JobId.New(TimeProvider.System),
        Model = new ModelId("base"),
        BaseModel = new ModelId("base"),
        TrainingFile = FileId.New(TimeProvider.System),
        Seed = 1,
        Method = new JobMethod { Hyperparameters = new Hyperparameters() },
        CreatedAt = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000),
    }, Ct);

    private static async Task<IReadOnlyList<UpdateFrame>> ReadAsync(ApiServer server, JobId id, string? last = null, bool inQuery = false)
    {
        var after = inQuery && last is not null ? $"&after={Uri.EscapeDataString(last)}" : "";
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/fine_tuning/updates?job={id}{after}");
        if (last is not null && !inQuery)
            request.Headers.Add("Last-Event-ID", last);
        using var answer = await server.Http.SendAsync(request, Ct);
        return UpdateFrame.ReadAll(await answer.Content.ReadAsStringAsync(Ct));
    }

    private static async Task<TrainerLease> AcquireAsync(ApiServer server, JobId id) =>
        await TrainerLease.TryAcquireAsync(server.Account, id, TimeProvider.System, NullLogger.Instance, Ct) ?? throw new InvalidOperationException("the lease is taken");

    private static async Task CommitAsync(ApiServer server, TrainerLease lease, IEnumerable<string> messages, IEnumerable<JobMetrics> steps)
    {
        JobMetrics[] all = [.. steps];
        var next = lease.Head with { Checkpoints = [.. lease.Head.Checkpoints, new CommittedCheckpoint(all[^1].Step, "manifest", DateTimeOffset.UnixEpoch)] };
        await lease.CommitAsync(await server.Get<JobLog>().WriteSegmentsAsync(lease, next, [.. messages.Select(Message)], all, Ct), Ct);
    }

    private static JobEvent Message(string text) => new() { CreatedAt = DateTimeOffset.UnixEpoch, Message = text };

    private static IEnumerable<JobMetrics> Steps(int first, int count) => Enumerable.Range(first, count).Select(step => new JobMetrics
    {
        Step = step, CreatedAt = DateTimeOffset.UnixEpoch, TrainLoss = 2.5, LearningRate = 0.1, GradientNorm = 1, Tokens = 8, Seconds = 0.5,
        Figures = new Dictionary<string, double> { ["reward"] = 0.25 },
    });
}
