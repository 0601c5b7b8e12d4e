using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;

namespace Serverless.Service.Tests.Jobs;

/// <summary>The whole table, every status with every move.</summary>
public sealed class JobTransitionsTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    // One row a status; the columns are the moves in the order of their enum; "-" is impossible.
    private const string Table = """
                          Queue   Admit    Pause   Resume  Succeed    Fail    Cancel
        ValidatingFiles   Queued  -        -       -       -          Failed  Cancelled
        Queued            -       Running  Paused  -       -          Failed  Cancelled
        Running           -       -        Paused  -       Succeeded  Failed  Cancelled
        Paused            -       -        -       Queued  -          Failed  Cancelled
        Succeeded         -       -        -       -       -          -       -
        Failed            -       -        -       -       -          -       -
        Cancelled         -       -        -       -       -          -       -
        """;

    public static TheoryData<JobStatus, JobMove, JobStatus?> Rows()
    {
        var rows = new TheoryData<JobStatus, JobMove, JobStatus?>();
        var lines = Table.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).ToList();
        var moves = lines[0].Select(Enum.Parse<JobMove>).ToList();
        foreach (var line in lines.Skip(1))
        {
            for (var column = 0; column < moves.Count; column++)
                rows.Add(Enum.Parse<JobStatus>(line[0]), moves[column], line[column + 1] == "-" ? null : Enum.Parse<JobStatus>(line[column + 1]));
        }
        return rows;
    }

    [Fact]
    public void The_table_has_a_row_for_every_status_and_every_move() =>
        Assert.Equal(Enum.GetValues<JobStatus>().Length * Enum.GetValues<JobMove>().Length, Rows().Count);

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_move_leads_where_the_table_says(JobStatus status, JobMove move, JobStatus? next)
    {
        Assert.Equal(next, JobTransitions.Next(status, move));
        var job = Job(status);
        var after = job.After(move, Now);
        if (next is null)
            Assert.Same(job, after);
        else
            Assert.Equal(next, after.Status);
    }

    [Theory]
    [InlineData(JobStatus.ValidatingFiles, false)]
    [InlineData(JobStatus.Queued, false)]
    [InlineData(JobStatus.Running, false)]
    [InlineData(JobStatus.Paused, false)]
    [InlineData(JobStatus.Succeeded, true)]
    [InlineData(JobStatus.Failed, true)]
    [InlineData(JobStatus.Cancelled, true)]
    public void A_status_is_final_if_no_move_leads_out_of_it(JobStatus status, bool final)
    {
        Assert.Equal(final, status.IsFinal());
        Assert.Equal(final, Enum.GetValues<JobMove>().All(move => JobTransitions.Next(status, move) is null));
    }

    [Fact]
    public void The_start_is_that_of_the_first_admission()
    {
        var first = Job(JobStatus.Queued).After(JobMove.Admit, Now);
        var again = first.After(JobMove.Pause, Now).After(JobMove.Resume, Now).After(JobMove.Admit, Now.AddHours(1));
        Assert.Equal((JobStatus.Running, Now), (again.Status, again.StartedAt));
    }

    [Theory]
    [InlineData(JobMove.Succeed, true)]
    [InlineData(JobMove.Fail, true)]
    [InlineData(JobMove.Cancel, false)]
    public void A_cancelled_job_keeps_no_time_of_finish(JobMove move, bool finished)
    {
        var job = (Job(JobStatus.Running) with { EstimatedFinish = Now }).After(move, Now);
        Assert.Equal(finished ? Now : (DateTimeOffset?)null, job.FinishedAt);
        Assert.Null(job.EstimatedFinish);
    }

    [Theory]
    [InlineData(JobStatus.ValidatingFiles, JobMove.Queue, JobWish.Pause, JobWish.Pause)]
    [InlineData(JobStatus.Queued, JobMove.Admit, JobWish.Pause, JobWish.Pause)]
    [InlineData(JobStatus.Running, JobMove.Pause, JobWish.Pause, JobWish.None)]
    [InlineData(JobStatus.Paused, JobMove.Resume, JobWish.None, JobWish.None)]
    [InlineData(JobStatus.Running, JobMove.Cancel, JobWish.Pause, JobWish.Cancel)]
    [InlineData(JobStatus.Running, JobMove.Succeed, JobWish.Pause, JobWish.None)]
    public void A_wish_lasts_until_it_is_fulfilled(JobStatus status, JobMove move, JobWish before, JobWish after) =>
        Assert.Equal(after, (Job(status) with { Wish = before }).After(move, Now).Wish);

    private static JobRecord Job(JobStatus status) => new()
    {
        Id = JobId.New(TimeProvider.System),
        Model = new ModelId("sample-8m"),
        BaseModel = new ModelId("sample-8m"),
        TrainingFile = FileId.New(TimeProvider.System),
        Seed = 1,
        Method = new JobMethod(),
        CreatedAt = Now.AddHours(-1),
        Status = status,
    };
}
