using Serverless.Service.Jobs;
using Serverless.Service.Storage;
using Serverless.Tests.Shared;

namespace Serverless.Service.Tests.Jobs;

public sealed class LiveTailTests(AzuriteFixture azurite)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_tail_that_has_not_changed_is_neither_sent_nor_parsed_again()
    {
        var account = await azurite.NewAccountAsync();
        var (tails, job) = (new LiveTails(account), JobId.New(TimeProvider.System));
        await WriteAsync(account, job, 3);

        var first = await tails.ReadAsync(job, Ct);

        Assert.Equal(3, first.FirstStep);
        Assert.Same(first, await tails.ReadAsync(job, Ct));
    }

    [Fact]
    public async Task What_somebody_else_has_written_or_removed_since_is_seen()
    {
        var account = await azurite.NewAccountAsync();
        var (tails, job) = (new LiveTails(account), JobId.New(TimeProvider.System));
        await WriteAsync(account, job, 3);
        _ = await tails.ReadAsync(job, Ct);

        await WriteAsync(account, job, 5);
        Assert.Equal(5, (await tails.ReadAsync(job, Ct)).FirstStep);

        await tails.Blob(job).DeleteAsync(cancellationToken: Ct);
        Assert.Equal(new LiveTail().FirstStep, (await tails.ReadAsync(job, Ct)).FirstStep);
    }

    [Fact]
    public async Task Tails_of_more_jobs_than_are_kept_are_read_all_the_same()
    {
        var account = await azurite.NewAccountAsync();
        var tails = new LiveTails(account);
        List<JobId> jobs = [.. Enumerable.Range(0, 12).Select(_ => JobId.New(TimeProvider.System))];
        foreach (var (step, job) in jobs.Index()) await WriteAsync(account, job, step);

        for (var time = 0; time < 2; time++)
            foreach (var (step, job) in jobs.Index()) Assert.Equal(step, (await tails.ReadAsync(job, Ct)).FirstStep);
    }

    private static async Task WriteAsync(BlobAccount account, JobId job, int firstStep) =>
        await new LiveTails(account).Blob(job).UploadAsync(new BinaryData($$"""{"firstStep": {{firstStep}}}"""), overwrite: true, Ct);
}
