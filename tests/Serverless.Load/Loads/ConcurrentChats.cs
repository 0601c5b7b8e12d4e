using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Serverless.Load.Running;
using Serverless.Tests.Heads;

namespace Serverless.Load.Loads;

/// <summary>Sixty-four chats with one model at a time, and as many as are too many.</summary>
internal sealed class ConcurrentChats : ILoad
{
    private const int TooMany = 200;
    private const long MostGrowth = 300_000_000;

    public string Name => "chats";

    public async Task RunAsync(LoadRun run)
    {
        // Fewer could not overtake more than they may.
        var count = run.Of(64, 64);
        using var place = await run.PlaceAsync();
        await using var head = await HeadProcess.StartAsync(place);
        await ChatAsync(head, run.Cancellation);
        var before = HeadUse.Memory(head.Id);

        var clock = Stopwatch.StartNew();
        var chats = new List<Task<(HttpStatusCode Status, TimeSpan Begun, TimeSpan Ended)>>();
        for (var number = 0; number < count; number++)
        {
            chats.Add(Timed(number));
            // So that they come in this order.
            await Task.Delay(5, run.Cancellation);
        }
        var ends = await Task.WhenAll(chats);
        run.Add($"{count} chats of 64 tokens at once", $"{count * 64 / clock.Elapsed.TotalSeconds:F0} tokens/s");
        run.Add("answered", $"{ends.Count(end => end.Status == HttpStatusCode.OK)}", "all", ends.All(end => end.Status == HttpStatusCode.OK));
        // Those that grow together end together: an answer may end before one that came up to so many places earlier.
        var overtaken = Enumerable.Range(0, count).Max(late => Enumerable.Range(0, late).Count(early => ends[early].Ended > ends[late].Ended));
        run.Add("a chat overtakes at most", $"{overtaken} that came before it", "16", overtaken <= 16);

        var refused = await Task.WhenAll(Enumerable.Range(0, TooMany).Select(_ => ChatAsync(head, run.Cancellation)));
        var (taken, told) = (refused.Count(status => status == HttpStatusCode.OK), refused.Count(status => status == HttpStatusCode.TooManyRequests));
        run.Add($"of {TooMany} at once", $"{taken} answered, {told} told 429", "no other end", taken + told == TooMany && told > 0);
        var growth = HeadUse.PeakMemory(head.Id) - before;
        run.Add("memory of the head grew by", $"{growth / 1e6:F0} MB", "300 MB", growth < MostGrowth);

        async Task<(HttpStatusCode, TimeSpan, TimeSpan)> Timed(int number)
        {
            var begun = clock.Elapsed;
            var status = await ChatAsync(head, run.Cancellation);
            return (status, begun, clock.Elapsed);
        }
    }

    private static async Task<HttpStatusCode> ChatAsync(HeadProcess head, CancellationToken ct)
    {
        using var answer = await head.Http.PostAsJsonAsync("chat/completions", new
        {
            model = HeadPlace.Model, max_completion_tokens = 64, temperature = 1, seed = 1, messages = new[] { new { role = "user", content = "the parcel has not arrived" } },
            // Every answer as long as it may be.
            logit_bias = new Dictionary<string, int> { ["0"] = -100, ["2"] = -100 },
        }, ct);
        await answer.Content.ReadAsByteArrayAsync(ct);
        return answer.StatusCode;
    }
}
