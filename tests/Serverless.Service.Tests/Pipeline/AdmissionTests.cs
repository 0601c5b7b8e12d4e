using Serverless.Service.Jobs;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Tests.Shared;

namespace Serverless.Service.Tests.Pipeline;

/// <summary>Who gets a training slot, and when.</summary>
public sealed class AdmissionTests(AzuriteFixture azurite)
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task The_oldest_job_that_asked_gets_the_slot_when_it_is_given_back()
    {
        var (admission, jobs) = await NewAsync();
        var (first, second, third) = (await JobAsync(jobs, 1), await JobAsync(jobs, 2), await JobAsync(jobs, 3));
        Assert.Equal(0, await admission.AskAsync(second, default));
        Assert.Equal(1, await admission.AskAsync(third, default));
        Assert.Equal(1, await admission.AskAsync(first, default));
        Assert.Equal(2, await admission.AskAsync(third, default));
        await admission.ReleaseAsync(second, default);
        Assert.Equal(1, await admission.AskAsync(third, default));
        Assert.Equal(0, await admission.AskAsync(first, default));
    }

    [Fact]
    public async Task A_slot_is_kept_however_often_its_holder_asks()
    {
        var (admission, jobs) = await NewAsync();
        var job = await JobAsync(jobs, 2);
        Assert.Equal(0, await admission.AskAsync(job, default));
        Assert.Equal(1, await admission.AskAsync(await JobAsync(jobs, 1), default));
        Assert.Equal(0, await admission.AskAsync(job, default));
        Assert.Equal(0, await admission.AskAsync(job, default));
    }

    [Fact]
    public async Task There_are_as_many_slots_as_the_setting_says()
    {
        var (admission, jobs) = await NewAsync(slots: 2);
        Assert.Equal(0, await admission.AskAsync(await JobAsync(jobs, 1), default));
        Assert.Equal(0, await admission.AskAsync(await JobAsync(jobs, 2), default));
        Assert.Equal(1, await admission.AskAsync(await JobAsync(jobs, 3), default));
    }

    [Theory]
    [InlineData(JobStatus.Succeeded)]
    [InlineData(JobStatus.Failed)]
    [InlineData(JobStatus.Cancelled)]
    [InlineData(JobStatus.Paused)]
    [InlineData(null)]
    public async Task A_job_that_cannot_use_its_slot_any_more_loses_it(JobStatus? status)
    {
        var (admission, jobs) = await NewAsync();
        var (holder, waiting) = (await JobAsync(jobs, 1), await JobAsync(jobs, 2));
        await admission.AskAsync(holder, default);
        if (status is { } final)
            await jobs.UpdateAsync(holder, job => job with { Status = final }, default);
        else
            await jobs.DeleteAsync(holder, default);
        Assert.Equal(0, await admission.AskAsync(waiting, default));
    }

    [Fact]
    public async Task A_job_that_gave_up_waiting_is_not_waited_for()
    {
        var (admission, jobs) = await NewAsync();
        var (holder, gone, waiting) = (await JobAsync(jobs, 1), await JobAsync(jobs, 2), await JobAsync(jobs, 3));
        await admission.AskAsync(holder, default);
        await admission.AskAsync(gone, default);
        Assert.Equal(2, await admission.AskAsync(waiting, default));
        await jobs.UpdateAsync(gone, job => job with { Status = JobStatus.Cancelled }, default);
        Assert.Equal(1, await admission.AskAsync(waiting, default));
    }

    [Fact]
    public async Task Many_that_ask_at_once_get_one_slot_and_different_places()
    {
        var (admission, jobs) = await NewAsync();
        var ids = new List<JobId>();
        for (var number = 0; number < 8; number++)
            ids.Add(await JobAsync(jobs, number));
        await Task.WhenAll(ids.Select(id => admission.AskAsync(id, default)));
        var places = new List<int>();
        foreach (var id in ids)
            places.Add(await admission.AskAsync(id, default));
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7], places.Order());
        var waiting = places.Where(place => place > 0).ToList();
        Assert.Equal(waiting.Order(), waiting);
    }

    private static async Task<JobId> JobAsync(JobCatalog jobs, int minute)
    {
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(Noon.AddMinutes(minute));
        var job = await jobs.CreateAsync(TinyJob.Record(clock, JobStatus.Queued), default);
        return job.Id;
    }

    private async Task<(Admission Admission, JobCatalog Jobs)> NewAsync(int slots = 1)
    {
        var account = await azurite.NewAccountAsync();
        var jobs = new JobCatalog(account);
        return (new Admission(account, jobs, new PipelineSettings { TrainingSlots = slots }), jobs);
    }
}
