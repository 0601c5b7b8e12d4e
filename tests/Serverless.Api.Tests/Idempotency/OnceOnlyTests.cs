using System.Net;
using System.Net.Http.Json;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Serverless.Api.Access;
using Serverless.Service.Files;
using Serverless.Service.Idempotency;
using Serverless.Tests.Shared;

namespace Serverless.Api.Tests.Idempotency;

public sealed class OnceOnlyTests(AzuriteFixture azurite)
{
    private const string Eval = """{"name": "a", "data_source_config": {"type": "custom", "item_schema": {"type": "object"}}, "testing_criteria": [{"type": "string_check", "name": "same", "input": "{{item.a}}", "reference": "b", "operation": "eq"}]}""";

    [Fact]
    public async Task The_same_key_gives_the_first_answer_on_this_and_on_another_instance()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        await using var second = await ApiServer.StartAsync(azurite, account: server.Account);

        var first = await PostAsync(server, Eval, key: "one");
        var again = await PostAsync(server, Eval, key: "one");
        var elsewhere = await PostAsync(second, Eval, key: "one");
        var other = await PostAsync(server, Eval, key: "two");

        Assert.Equal(HttpStatusCode.Created, first.StatusCode);
        Assert.False(first.Headers.Contains("idempotent-replayed"));
        foreach (var repeated in new[] { again, elsewhere })
        {
            Assert.Equal(HttpStatusCode.Created, repeated.StatusCode);
            Assert.Equal(["true"], repeated.Headers.GetValues("idempotent-replayed"));
            Assert.Equal("application/json", repeated.Content.Headers.ContentType!.MediaType);
            Assert.Equal(await first.Content.ReadAsStringAsync(), await repeated.Content.ReadAsStringAsync());
        }
        Assert.NotEqual(await IdAsync(first), await IdAsync(other));
    }

    [Fact]
    public async Task An_equal_body_that_a_client_sends_again_by_itself_gives_the_first_answer()
    {
        await using var server = await ApiServer.StartAsync(azurite);

        var first = await PostAsync(server, Eval, retries: 0);
        var retried = await PostAsync(server, Eval, retries: 1);
        var changed = await PostAsync(server, Eval.Replace("\"a\"", "\"c\"", StringComparison.Ordinal), retries: 1);
        var meant = await PostAsync(server, Eval, retries: 0);

        Assert.Equal(await IdAsync(first), await IdAsync(retried));
        Assert.Equal(3, new HashSet<string?> { await IdAsync(first), await IdAsync(changed), await IdAsync(meant) }.Count);
    }

    [Fact]
    public async Task Without_key_and_count_two_equal_requests_are_two()
    {
        await using var server = await ApiServer.StartAsync(azurite);

        Assert.NotEqual(await IdAsync(await PostAsync(server, Eval)), await IdAsync(await PostAsync(server, Eval)));
    }

    [Fact]
    public async Task A_key_that_was_used_with_another_body_is_refused()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        await PostAsync(server, Eval, key: "one");

        var answer = await PostAsync(server, Eval.Replace("\"a\"", "\"c\"", StringComparison.Ordinal), key: "one");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(
            """{"error":{"message":"The Idempotency-Key 'one' was used with another request before; allowed: the same request, or another key","type":"invalid_request_error","param":"Idempotency-Key","code":"idempotency_key_reused"}}""",
            await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_key_of_the_API_has_its_own_answers_whatever_its_name_and_whether_it_comes_in_a_header_or_by_a_cookie()
    {
        const string Laptop = "sk-laptop-0123456789";
        const string Other = "sk-other-0123456789";
        await using var server = await ApiServer.StartAsync(azurite, new ApiSettings { Keys = [ApiKey.Parse($"laptop={Laptop}", 1), ApiKey.Parse($"laptop={Other}", 2)] });
        using var laptop = await SignedInAsync(Laptop);
        using var other = await SignedInAsync(Other);
        using var header = new HttpClient { BaseAddress = server.Http.BaseAddress, DefaultRequestHeaders = { Authorization = new("Bearer", Laptop) } };

        var ids = new List<string?>();
        foreach (var caller in new[] { laptop, other, header })
            ids.Add(await IdAsync(await PostAsync(caller, Eval, key: "one")));

        Assert.NotEqual(ids[0], ids[1]);
        Assert.Equal(ids[0], ids[2]);

        async Task<HttpClient> SignedInAsync(string key)
        {
            var client = new HttpClient { BaseAddress = server.Http.BaseAddress };
            (await client.PostAsJsonAsync("/dashboard/session", new { key })).EnsureSuccessStatusCode();
            return client;
        }
    }

    [Fact]
    public async Task Of_requests_at_the_same_time_one_creates()
    {
        await using var server = await ApiServer.StartAsync(azurite);

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => PostAsync(server, Eval, key: "one")));

        Assert.Single((await Task.WhenAll(answers.Select(IdAsync))).Distinct());
    }

    [Fact]
    public async Task A_refusal_is_not_kept()
    {
        await using var server = await ApiServer.StartAsync(azurite);

        var refused = await PostAsync(server, "{}", key: "one");
        var right = await PostAsync(server, Eval, key: "one");

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Equal(HttpStatusCode.Created, right.StatusCode);
    }

    [Fact]
    public async Task A_file_posted_again_under_its_key_is_one_file()
    {
        await using var server = await ApiServer.StartAsync(azurite);

        var first = await PostFileAsync(server);
        var again = await PostFileAsync(server);

        Assert.Equal(await IdAsync(first), await IdAsync(again));
        Assert.Single((await server.Get<FileCatalog>().ListAsync(null, 10, null, default)).Items);

        static Task<HttpResponseMessage> PostFileAsync(ApiServer server)
        {
            var form = new MultipartFormDataContent { { new StringContent("user_data"), "purpose" }, { new ByteArrayContent([1]), "file", "a.bin" } };
            return server.Http.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/v1/files") { Content = form, Headers = { { "Idempotency-Key", "file" } } });
        }
    }

    [Fact]
    public async Task After_a_day_a_key_is_free_again_and_what_was_kept_is_removed()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var server = await ApiServer.StartAsync(azurite, services: services => services.AddSingleton<TimeProvider>(clock));
        var first = await PostAsync(server, Eval, key: "one");

        clock.Advance(TimeSpan.FromDays(1) + TimeSpan.FromMinutes(1));
        await server.Get<KeptAnswers>().RemoveExpiredAsync(default);
        var kept = 0;
        await foreach (var _ in server.Account.Catalog.GetBlobsAsync(new Azure.Storage.Blobs.Models.GetBlobsOptions { Prefix = "answers/" }))
            kept++;
        var later = await PostAsync(server, Eval, key: "one");

        Assert.Equal(0, kept);
        Assert.NotEqual(await IdAsync(first), await IdAsync(later));
    }

    [Fact]
    public async Task A_request_whose_instance_died_is_done_anew_after_a_while()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var answers = new KeptAnswers(await azurite.NewAccountAsync(), clock);
        Assert.Null(await answers.BeginAsync("k", null, again: false, default));

        clock.Advance(TimeSpan.FromMinutes(9));
        Assert.NotNull(await answers.BeginAsync("k", null, again: false, default));
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(await answers.BeginAsync("k", null, again: false, default));
    }

    private static async Task<string?> IdAsync(HttpResponseMessage answer) => (await answer.JsonAsync()).GetProperty("id").GetString();

    private static Task<HttpResponseMessage> PostAsync(ApiServer server, string body, string? key = null, int? retries = null) =>
        PostAsync(server.Http, body, key, retries);

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, string body, string? key = null, int? retries = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/evals") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        if (retries is not null)
            request.Headers.Add("x-stainless-retry-count", retries.ToString());
        return client.SendAsync(request);
    }
}
