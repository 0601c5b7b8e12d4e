using Microsoft.AspNetCore.Http;
using Serverless.Faults.Proxy;
using Serverless.Faults.Running;
using Serverless.Faults.Worlds;
using Serverless.Tests.Heads;
using Serverless.Tests.Shared;

namespace Serverless.Faults;

/// <summary>The suite itself: it counts what it tries, and disturbs what it says it disturbs.</summary>
public sealed class SuiteTests(AzuriteFixture azurite)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public void What_a_start_shows_too_much_too_little_or_twice_is_found()
    {
        var expected = new Shown(new Dictionary<string, IReadOnlyList<string>> { ["/v1/models"] = ["tiny", "other"] }, ["a, 1 bytes"]);
        Assert.Empty(expected.Differences(expected));
        var found = new Shown(new Dictionary<string, IReadOnlyList<string>> { ["/v1/models"] = ["tiny", "tiny"] }, ["a, 2 bytes"]);
        Assert.Equal(
            [
                "/v1/models lacks other, which an undisturbed start shows", "/v1/models has an entry twice",
                "the storage has a, 2 bytes, which an undisturbed start does not show", "the storage lacks a, 1 bytes, which an undisturbed start shows",
            ],
            found.Differences(expected));
    }

    [Fact]
    public async Task A_trial_that_throws_is_lost_and_one_that_ends_is_survived()
    {
        var run = NewRun();
        await run.TryAsync("bad", _ => throw new FaultLostException(["one thing", "another"]));
        await run.TryAsync("good", _ =>
        {
            run.Faults = 3;
            return Task.CompletedTask;
        });
        Assert.Equal((4, 3), (run.Tried, run.Survived));
        Assert.Equal(["bad: one thing\nanother"], run.Losses);
    }

    [Fact]
    public async Task A_trial_that_strikes_too_late_is_begun_again_and_is_lost_when_it_always_does()
    {
        var run = NewRun();
        var begun = 0;
        await run.TryAsync("once", _ => ++begun == 1 ? throw new StruckTooLateException("it had ended") : Task.CompletedTask);
        Assert.Equal((2, 1, 1), (begun, run.Tried, run.Survived));
        await run.TryAsync("always", _ =>
        {
            begun++;
            throw new StruckTooLateException("it had ended");
        });
        Assert.Equal((5, 2, 1), (begun, run.Tried, run.Survived));
        Assert.Equal(["always: it struck too late 3 times; it had ended"], run.Losses);
    }

    [Fact]
    public void Every_kind_of_call_meets_every_disturbance_and_no_call_meets_more_than_two()
    {
        var plan = new DisturbancePlan(new Random(1));
        var kinds = DisturbancePlan.Required.Count;
        var calls = Enumerable.Range(0, 250 * kinds).Select(number => new StorageCall(DisturbancePlan.Required[number % kinds], "/a", $"{number / kinds}")).ToList();
        var met = calls.Select(call => (call, Disturbance: plan.Next(call))).Where(one => one.Disturbance != Disturbance.None).ToList();
        Assert.Equal(kinds * 8, met.Select(one => (one.call.Kind, one.Disturbance)).Distinct().Count());
        Assert.Empty(plan.Missing());
        Assert.Equal(met.Count, plan.Disturbed);
        Assert.Equal(2, met.GroupBy(one => one.call.RequestId).Max(group => group.Count()));
    }

    [Fact]
    public void A_kind_of_call_that_did_not_come_or_did_not_meet_everything_is_missing()
    {
        var plan = new DisturbancePlan(new Random(1), eager: true);
        Assert.Equal(14, plan.Missing().Count);
        foreach (var kind in DisturbancePlan.Required.Where(kind => kind != CallKind.BreakLease))
            Disturb(kind, 8);
        Assert.Equal(["BreakLease met no disturbance"], plan.Missing());
        var met = Disturb(CallKind.BreakLease, 6);
        var open = Enum.GetValues<Disturbance>().Except([Disturbance.None, .. met]).ToList();
        Assert.Equal([$"BreakLease did not meet {open[0]}, {open[1]}"], plan.Missing());
        Assert.Contains("| BreakLease | 6 |", plan.Table().Single(line => line.Contains("BreakLease", StringComparison.Ordinal)), StringComparison.Ordinal);
        Disturb(CallKind.BreakLease, 2);
        Assert.Empty(plan.Missing());
        Assert.Equal(["| CreateContainer | 8 | 1 | 1 | 1 | 1 | 1 | 1 | 1 | 1 |", "| all | 112 | 14 | 14 | 14 | 14 | 14 | 14 | 14 | 14 |"], plan.Table().TakeLast(2));
        plan.Next(new StorageCall(CallKind.Other, "/a", "other"));
        Assert.Equal(["1 calls are of a kind that is not known"], plan.Missing());

        List<Disturbance> Disturb(CallKind kind, int times) => [.. Enumerable.Range(0, times).Select(number => plan.Next(new StorageCall(kind, "/a", $"{kind} {Guid.NewGuid()}")))];
    }

    [Fact]
    public async Task What_was_not_tried_fails_the_command_and_what_cannot_be_tried_is_said_last()
    {
        await using var output = new StringWriter();
        Assert.Equal(0, await FaultsCommand.RunAsync(["--seconds", "0"], [new Tried([]), new Impossible()], output));
        Assert.EndsWith("Not tried, because this machine does not allow it: impossible", output.ToString().TrimEnd(), StringComparison.Ordinal);
        output.GetStringBuilder().Clear();
        Assert.Equal(1, await FaultsCommand.RunAsync(["--seconds", "0"], [new Tried(["BreakLease met no disturbance"])], output));
        Assert.Contains("| tried | 2 | 1 | 1 | 0 s | BreakLease met no disturbance |", output.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("tried, BreakLease met no disturbance", output.ToString().TrimEnd(), StringComparison.Ordinal);
        Assert.DoesNotContain("Not tried", output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "?comp=list&restype=container", nameof(CallKind.ListBlobs))]
    [InlineData("PUT", "?restype=container", nameof(CallKind.CreateContainer))]
    [InlineData("PUT", "?comp=block&blockid=AAAA", nameof(CallKind.PutBlock))]
    [InlineData("PUT", "?comp=blocklist", nameof(CallKind.PutBlockList))]
    [InlineData("GET", "?comp=blocklist&blocklisttype=all", nameof(CallKind.GetBlockList))]
    [InlineData("PUT", "?comp=lease", nameof(CallKind.AcquireLease), "acquire")]
    [InlineData("PUT", "?comp=lease", nameof(CallKind.RenewLease), "renew")]
    [InlineData("PUT", "?comp=lease", nameof(CallKind.ReleaseLease), "release")]
    [InlineData("PUT", "?comp=lease", nameof(CallKind.BreakLease), "break")]
    [InlineData("PUT", "?comp=lease", nameof(CallKind.Other), "change")]
    [InlineData("PUT", "?comp=metadata", nameof(CallKind.SetMetadata))]
    [InlineData("PUT", "", nameof(CallKind.PutBlob))]
    [InlineData("HEAD", "", nameof(CallKind.GetProperties))]
    [InlineData("DELETE", "", nameof(CallKind.DeleteBlob))]
    [InlineData("GET", "", nameof(CallKind.GetBlob))]
    [InlineData("PUT", "?comp=tags", nameof(CallKind.Other))]
    public void Calls_are_told_apart_by_verb_and_query(string method, string query, string kind, string? action = null)
    {
        var request = new DefaultHttpContext().Request;
        (request.Method, request.QueryString) = (method, new QueryString(query));
        request.Headers["x-ms-lease-action"] = action;
        Assert.Equal(kind, StorageCall.Of(request).Kind.ToString());
    }

    private FaultRun NewRun() => new(azurite, HeadPlace.Model, 1, TimeSpan.Zero, 0, isShort: true, TextWriter.Null, Ct);

    /// <summary>Survives one trial, and lacks others.</summary>
    private sealed class Tried(IReadOnlyList<string> lacking) : IFault
    {
        public string Name => "tried";

        public bool IsInShortForm => false;

        public async Task RunAsync(FaultRun run)
        {
            await run.TryAsync("one", _ => Task.CompletedTask);
            run.Notes = string.Join("; ", lacking);
            foreach (var one in lacking)
                run.Lacks(one);
        }
    }

    private sealed class Impossible : IFault
    {
        public string Name => "impossible";

        public bool IsInShortForm => false;

        public string? Obstacle => "no";

        public Task RunAsync(FaultRun run) => throw new InvalidOperationException();
    }
}
