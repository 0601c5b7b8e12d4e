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
        var calls = Enumerable.Range(0, 2000).Select(number => new StorageCall((CallKind)(number % 9), "/a", $"{number / 9}")).ToList();
        var met = calls.Select(call => (call, Disturbance: plan.Next(call))).Where(one => one.Disturbance != Disturbance.None).ToList();
        Assert.Equal(9 * 8, met.Select(one => (one.call.Kind, one.Disturbance)).Distinct().Count());
        Assert.Empty(plan.Missing());
        Assert.Equal(met.Count, plan.Disturbed);
        Assert.Equal(2, met.GroupBy(one => one.call.RequestId).Max(group => group.Count()));
    }

    [Theory]
    [InlineData("GET", "?comp=list&restype=container", nameof(CallKind.ListBlobs))]
    [InlineData("PUT", "?restype=container", nameof(CallKind.CreateContainer))]
    [InlineData("PUT", "?comp=block&blockid=AAAA", nameof(CallKind.PutBlock))]
    [InlineData("PUT", "?comp=blocklist", nameof(CallKind.PutBlockList))]
    [InlineData("PUT", "?comp=lease", nameof(CallKind.LeaseBlob))]
    [InlineData("PUT", "", nameof(CallKind.PutBlob))]
    [InlineData("HEAD", "", nameof(CallKind.GetProperties))]
    [InlineData("DELETE", "", nameof(CallKind.DeleteBlob))]
    [InlineData("GET", "", nameof(CallKind.GetBlob))]
    [InlineData("PUT", "?comp=tags", nameof(CallKind.Other))]
    public void Calls_are_told_apart_by_verb_and_query(string method, string query, string kind)
    {
        var request = new DefaultHttpContext().Request;
        (request.Method, request.QueryString) = (method, new QueryString(query));
        Assert.Equal(kind, StorageCall.Of(request).Kind.ToString());
    }

    private FaultRun NewRun() => new(azurite, HeadPlace.Model, 1, TimeSpan.Zero, 0, isShort: true, TextWriter.Null, Ct);
}
