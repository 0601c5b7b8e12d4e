using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Serverless.Service.Files;
using Serverless.Service.Storage;
using Serverless.Service.Uploads;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Api.Tests.Uploads;

public sealed class UploadTests(AzuriteFixture azurite)
{
    private const int Mega = 1024 * 1024;

    [Fact]
    public async Task Parts_become_one_file_in_the_order_of_their_ids_whatever_order_they_came_in()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        var content = RandomNumberGenerator.GetBytes(11 * Mega + 17);
        byte[][] pieces = [content[..(5 * Mega)], content[(5 * Mega)..(5 * Mega + 1)], content[(5 * Mega + 1)..]];
        var upload = await CreateAsync(server, "big.bin", content.Length);

        var last = await PartAsync(server, upload, pieces[2]);
        var others = await Task.WhenAll(PartAsync(server, upload, pieces[0]), PartAsync(server, upload, pieces[1]));
        var done = await CompleteAsync(server, upload, [others[0], others[1], last], Md5(content));
        var json = await done.JsonAsync();
        var file = json.GetProperty("file").GetProperty("id").GetString()!;

        Assert.Equal(HttpStatusCode.OK, done.StatusCode);
        Assert.Equal("completed", Text(json, "status"));
        Assert.Equal(content, await server.Http.GetByteArrayAsync($"/v1/files/{file}/content"));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(content)), (await server.Get<FileCatalog>().FindAsync(new FileId(file), default))!.Sha256);
        Assert.Equal(file, Text((await (await server.Http.GetAsync("/v1/files")).JsonAsync()).GetProperty("data")[0], "id"));
    }

    [Fact]
    public async Task An_upload_has_exactly_the_fields_that_OpenAI_writes()
    {
        await using var server = await ApiServer.StartAsync(azurite);

        var created = await PostAsync(server, "/v1/uploads", """{"filename": "a.bin", "purpose": "user_data", "bytes": 3, "mime_type": "text/plain", "unknown": 1}""");
        var upload = await created.JsonAsync();
        var id = Text(upload, "id")!;
        var part = await SendPartAsync(server, id, [1, 2, 3]);
        var done = await (await CompleteAsync(server, id, [Text(await part.JsonAsync(), "id")!])).JsonAsync();

        var at = upload.GetProperty("created_at").GetInt64();
        Assert.Equal(
            $$"""{"id":"{{id}}","object":"upload","bytes":3,"created_at":{{at}},"filename":"a.bin","purpose":"user_data","status":"pending","expires_at":{{at + 3600}}}""",
            upload.GetRawText());
        Assert.Equal(["id", "created_at", "upload_id", "object"], (await part.JsonAsync()).EnumerateObject().Select(field => field.Name));
        Assert.StartsWith("part_", Text(await part.JsonAsync(), "id"), StringComparison.Ordinal);
        Assert.Equal(id, Text(await part.JsonAsync(), "upload_id"));
        Assert.Equal("upload.part", Text(await part.JsonAsync(), "object"));
        Assert.Equal(["object", "id", "purpose", "filename", "bytes", "created_at", "expires_at", "status", "status_details"], done.GetProperty("file").EnumerateObject().Select(field => field.Name));
    }

    [Fact]
    public async Task A_completed_upload_goes_through_intake_like_a_posted_file()
    {
        await using var server = await ApiServer.StartWithModelAsync(azurite);
        await server.RunWorkflowsAsync();
        var content = Encoding.UTF8.GetBytes(TinyModel.Dataset(12));
        var upload = await CreateAsync(server, "train.jsonl", content.Length, "fine-tune", """, "expires_after": {"anchor": "created_at", "seconds": 7200}""");
        var done = await CompleteAsync(server, upload, [await PartAsync(server, upload, content[..100]), await PartAsync(server, upload, content[100..])]);
        var id = new FileId(Text((await done.JsonAsync()).GetProperty("file"), "id")!);

        FileRecord? file;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while ((file = await server.Get<FileCatalog>().FindAsync(id, limit.Token))!.Status == FileStatus.Uploaded)
            await Task.Delay(50, limit.Token);

        Assert.Equal((FileStatus.Processed, 12), (file.Status, file.Report!.Examples));
        Assert.Equal(TimeSpan.FromHours(2), file.ExpiresAt - file.CreatedAt);
    }

    [Fact]
    public async Task Completing_again_in_the_same_way_gives_the_same_file_and_in_another_way_is_refused()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        var upload = await CreateAsync(server, "a.bin", 2);
        string[] parts = [await PartAsync(server, upload, [1]), await PartAsync(server, upload, [2])];

        var first = await (await CompleteAsync(server, upload, parts)).JsonAsync();
        var again = await (await CompleteAsync(server, upload, parts)).JsonAsync();
        var other = await CompleteAsync(server, upload, [parts[1], parts[0]]);

        Assert.Equal(first.GetRawText(), again.GetRawText());
        await AssertErrorAsync(other, HttpStatusCode.BadRequest, $"Upload {upload} is completed and cannot be completed", "upload_id");
        await AssertErrorAsync(await CancelAsync(server, upload), HttpStatusCode.BadRequest, $"Upload {upload} is completed and cannot be cancelled", "upload_id");
        await AssertErrorAsync(await SendPartAsync(server, upload, [1]), HttpStatusCode.BadRequest, $"Upload {upload} is completed and cannot take a part", "upload_id");
    }

    [Fact]
    public async Task Wrong_parts_and_sizes_are_refused_and_the_upload_can_still_be_completed()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        var upload = await CreateAsync(server, "a.bin", 3);
        var part = await PartAsync(server, upload, [1, 2, 3]);
        var foreign = await PartAsync(server, await CreateAsync(server, "b.bin", 3), [1, 2, 3]);

        await AssertErrorAsync(await CompleteAsync(server, upload, [part, foreign]), HttpStatusCode.BadRequest, $"part_ids[1]: found '{foreign}', which is no part of {upload}", "part_ids[1]");
        await AssertErrorAsync(await CompleteAsync(server, upload, [part, part]), HttpStatusCode.BadRequest, $"part_ids[1]: found '{part}' a second time", "part_ids[1]");
        await AssertErrorAsync(await CompleteAsync(server, upload, []), HttpStatusCode.BadRequest, "Invalid 'part_ids': empty array. Expected an array with minimum length 1, but got an empty array instead.", "part_ids");
        await AssertErrorAsync(
            await CompleteAsync(server, upload, [await PartAsync(server, upload, [1, 2])]), HttpStatusCode.BadRequest,
            "part_ids: the parts hold 2 bytes, and the upload was announced with 3", "part_ids");
        await AssertErrorAsync(await SendPartAsync(server, upload, []), HttpStatusCode.BadRequest, "The part is empty; allowed: 1 byte or more", "data");
        Assert.Equal(HttpStatusCode.OK, (await CompleteAsync(server, upload, [part])).StatusCode);
    }

    [Fact]
    public async Task A_wrong_md5_cancels_the_upload_and_makes_no_file()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        var upload = await CreateAsync(server, "a.bin", 3);
        var part = await PartAsync(server, upload, [1, 2, 3]);

        var wrong = await CompleteAsync(server, upload, [part], Md5([9]));

        await AssertErrorAsync(
            wrong, HttpStatusCode.BadRequest, $"md5: found {Md5([1, 2, 3])} for the parts in this order, and the request says {Md5([9])}; the upload is cancelled", "md5");
        await AssertErrorAsync(await CompleteAsync(server, upload, [part]), HttpStatusCode.BadRequest, $"Upload {upload} is cancelled and cannot be completed", "upload_id");
        Assert.Empty((await server.Get<FileCatalog>().ListAsync(null, 10, null, default)).Items);
        Assert.Equal(0, await BlobsAsync(server));
    }

    [Fact]
    public async Task A_part_whose_form_breaks_off_does_not_exist()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        var upload = await CreateAsync(server, "a.bin", 3);
        var broken = new ByteArrayContent("--b\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\nabc"u8.ToArray());
        broken.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=b");

        var answer = await server.Http.PostAsync($"/v1/uploads/{upload}/parts", broken);

        await AssertErrorAsync(answer, HttpStatusCode.BadRequest, "The form ends before its last boundary.", null);
    }

    [Fact]
    public async Task Cancelling_drops_the_parts_and_may_be_repeated()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        var upload = await CreateAsync(server, "a.bin", 3);
        var part = await PartAsync(server, upload, [1, 2, 3]);

        var cancelled = await (await CancelAsync(server, upload)).JsonAsync();
        var again = await CancelAsync(server, upload);

        Assert.Equal("cancelled", Text(cancelled, "status"));
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.Equal(0, await BlobsAsync(server));
        await AssertErrorAsync(await CompleteAsync(server, upload, [part]), HttpStatusCode.BadRequest, $"Upload {upload} is cancelled and cannot be completed", "upload_id");
    }

    [Theory]
    [InlineData("PUT", "-catalog/uploads/", "", 0)]
    [InlineData("PUT", "-files/", "comp=blocklist", 0)]
    [InlineData("HEAD", "-files/", "a.bin", 0)]
    [InlineData("PUT", "-catalog/uploads/", "", 1)]
    public async Task An_upload_that_is_cancelled_while_it_is_being_completed_leaves_no_file(string method, string path, string rest, int skip)
    {
        var call = new InterruptedCall(method, path, rest) { Skip = skip };
        await using var server = await ApiServer.StartAsync(azurite, account: await AccountAsync(call));
        var upload = await CreateAsync(server, "a.bin", 3);
        var part = await PartAsync(server, upload, [1, 2, 3]);

        HttpResponseMessage? cancelled = null;
        call.Before = async () => cancelled = await CancelAsync(server, upload);
        var completed = await CompleteAsync(server, upload, [part]);

        Assert.Equal("cancelled", Text(await cancelled!.JsonAsync(), "status"));
        await AssertErrorAsync(completed, HttpStatusCode.BadRequest, $"Upload {upload} is cancelled and cannot be completed", "upload_id");
        Assert.Empty((await server.Get<FileCatalog>().ListAsync(null, 10, null, default)).Items);
        Assert.Equal(0, await BlobsAsync(server));
    }

    [Theory]
    [InlineData("PUT", "-catalog/uploads/", "", 0, false)]
    [InlineData("PUT", "-files/", "comp=blocklist", 0, true)]
    [InlineData("HEAD", "-files/", "a.bin", 0, true)]
    [InlineData("PUT", "-catalog/uploads/", "", 1, true)]
    public async Task Of_two_completions_in_different_orders_the_first_one_makes_the_file_and_the_other_is_told(string method, string path, string rest, int skip, bool firstWins)
    {
        var call = new InterruptedCall(method, path, rest) { Skip = skip };
        await using var server = await ApiServer.StartAsync(azurite, account: await AccountAsync(call));
        var upload = await CreateAsync(server, "a.bin", 3);
        string[] parts = [await PartAsync(server, upload, [1, 2]), await PartAsync(server, upload, [3])];
        string[] turned = [parts[1], parts[0]];

        HttpResponseMessage? second = null;
        call.Before = async () => second = await CompleteAsync(server, upload, turned);
        var first = await CompleteAsync(server, upload, parts);

        var (won, lost) = firstWins ? (first, second!) : (second!, first);
        await AssertErrorAsync(
            lost, HttpStatusCode.BadRequest,
            firstWins
                ? $"part_ids: Upload {upload} is being completed with other parts or in another order; allowed: the same parts in the same order, or cancel it and begin another one"
                : $"Upload {upload} is completed and cannot be completed",
            firstWins ? "part_ids" : "upload_id");
        await AssertContentAsync(server, won, firstWins ? [1, 2, 3] : [3, 1, 2]);
    }

    [Fact]
    public async Task Completions_at_the_same_time_make_one_file_of_one_order()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        byte[][] pieces = [RandomNumberGenerator.GetBytes(5 * Mega), RandomNumberGenerator.GetBytes(Mega)];
        byte[][] orders = [[.. pieces[0], .. pieces[1]], [.. pieces[1], .. pieces[0]]];
        for (var round = 0; round < 3; round++)
        {
            var upload = await CreateAsync(server, "a.bin", 6 * Mega);
            string[] parts = [await PartAsync(server, upload, pieces[0]), await PartAsync(server, upload, pieces[1])];
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(at => CompleteAsync(server, upload, at % 2 == 0 ? parts : [parts[1], parts[0]])));

            int[] won = [.. answers.Index().Where(one => one.Item.StatusCode == HttpStatusCode.OK).Select(one => one.Index)];
            Assert.All(answers.Index().Where(one => !won.Contains(one.Index)), one => Assert.Equal(HttpStatusCode.BadRequest, one.Item.StatusCode));
            Assert.Equal(won[0] % 2 == 0 ? [0, 2, 4, 6] : [1, 3, 5, 7], won);
            foreach (var at in won)
                await AssertContentAsync(server, answers[at], orders[at % 2]);
            Assert.Equal(round + 1, (await server.Get<FileCatalog>().ListAsync(null, 10, null, default)).Items.Length);
        }
    }

    [Fact]
    public async Task An_upload_whose_content_is_complete_cannot_be_cancelled_before_its_file_exists()
    {
        var call = new InterruptedCall("PUT", "-catalog/files/", "");
        await using var server = await ApiServer.StartAsync(azurite, account: await AccountAsync(call));
        var upload = await CreateAsync(server, "a.bin", 3);
        var part = await PartAsync(server, upload, [1, 2, 3]);

        HttpResponseMessage? cancelled = null;
        call.Before = async () => cancelled = await CancelAsync(server, upload);
        var file = Text((await (await CompleteAsync(server, upload, [part])).JsonAsync()).GetProperty("file"), "id");

        await AssertErrorAsync(cancelled!, HttpStatusCode.BadRequest, $"Upload {upload} is completed and cannot be cancelled", "upload_id");
        Assert.Equal([1, 2, 3], await server.Http.GetByteArrayAsync($"/v1/files/{file}/content"));
    }

    [Fact]
    public async Task An_upload_that_is_completed_while_it_is_being_cancelled_stays_and_the_answer_says_so()
    {
        var call = new InterruptedCall("PUT", "-catalog/uploads/", "");
        await using var server = await ApiServer.StartAsync(azurite, account: await AccountAsync(call));
        var upload = await CreateAsync(server, "a.bin", 3);
        var part = await PartAsync(server, upload, [1, 2, 3]);

        HttpResponseMessage? completed = null;
        call.Before = async () => completed = await CompleteAsync(server, upload, [part]);
        await AssertErrorAsync(await CancelAsync(server, upload), HttpStatusCode.BadRequest, $"Upload {upload} is completed and cannot be cancelled", "upload_id");

        var file = Text((await completed!.JsonAsync()).GetProperty("file"), "id");
        Assert.Equal([1, 2, 3], await server.Http.GetByteArrayAsync($"/v1/files/{file}/content"));
    }

    [Fact]
    public async Task Completing_that_broke_off_before_the_file_existed_is_ended_by_doing_it_again_or_forgotten_with_its_content()
    {
        var call = new InterruptedCall("PUT", "-catalog/files/", "");
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var server = await ApiServer.StartAsync(azurite, account: await AccountAsync(call), services: services => services.AddSingleton<TimeProvider>(clock));
        var (upload, left) = (await CreateAsync(server, "a.bin", 3), await CreateAsync(server, "b.bin", 1));
        string[] parts = [await PartAsync(server, upload, [1, 2, 3])];

        foreach (var (id, own) in new[] { (upload, parts), (left, [await PartAsync(server, left, [4])]) })
        {
            call.Before = () => throw new InvalidOperationException("as if the process had ended");
            Assert.Equal(HttpStatusCode.InternalServerError, (await CompleteAsync(server, id, own)).StatusCode);
        }
        var file = Text((await (await CompleteAsync(server, upload, parts)).JsonAsync()).GetProperty("file"), "id");
        clock.Advance(TimeSpan.FromHours(25));
        await server.Get<UploadService>().RemoveExpiredAsync(default);

        Assert.Equal([1, 2, 3], await server.Http.GetByteArrayAsync($"/v1/files/{file}/content"));
        Assert.Equal(1, await BlobsAsync(server));
    }

    [Fact]
    public async Task After_an_hour_an_upload_has_expired_and_a_day_later_it_is_forgotten()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var server = await ApiServer.StartAsync(azurite, services: services => services.AddSingleton<TimeProvider>(clock));
        var upload = await CreateAsync(server, "a.bin", 3);
        var part = await PartAsync(server, upload, [1, 2, 3]);

        clock.Advance(TimeSpan.FromHours(1));
        await AssertErrorAsync(await CompleteAsync(server, upload, [part]), HttpStatusCode.BadRequest, $"Upload {upload} is expired and cannot be completed", "upload_id");
        await AssertErrorAsync(await SendPartAsync(server, upload, [4]), HttpStatusCode.BadRequest, $"Upload {upload} is expired and cannot take a part", "upload_id");
        await server.Get<UploadService>().RemoveExpiredAsync(default);
        Assert.Equal(UploadStatus.Expired, (await server.Get<UploadCatalog>().FindAsync(new UploadId(upload), default))!.Status);
        Assert.Equal(0, await BlobsAsync(server));

        clock.Advance(TimeSpan.FromDays(1));
        await server.Get<UploadService>().RemoveExpiredAsync(default);
        await AssertErrorAsync(await CancelAsync(server, upload), HttpStatusCode.NotFound, $"No such Upload object: {upload}", "upload_id");
    }

    [Theory]
    [InlineData("""{"purpose": "user_data", "bytes": 3, "mime_type": "a"}""", "Missing required parameter: 'filename'.", "filename")]
    [InlineData("""{"filename": "a/b", "purpose": "user_data", "bytes": 3, "mime_type": "a"}""", "Invalid value for 'filename': expected up to 255 characters without folders and control characters, but got 'a/b' instead.", "filename")]
    [InlineData("""{"filename": "a", "purpose": "bad", "bytes": 3, "mime_type": "a"}""", "'bad' is not one of ['fine-tune', 'assistants', 'batch', 'vision', 'user_data', 'evals'] - 'purpose'", "purpose")]
    [InlineData("""{"filename": "a", "purpose": "user_data", "mime_type": "a"}""", "Missing required parameter: 'bytes'.", "bytes")]
    [InlineData("""{"filename": "a", "purpose": "user_data", "bytes": 8589934593, "mime_type": "a"}""", "Invalid 'bytes': integer above maximum value. Expected a value <= 8589934592, but got 8589934593 instead.", "bytes")]
    [InlineData("""{"filename": "a", "purpose": "user_data", "bytes": 3}""", "Missing required parameter: 'mime_type'.", "mime_type")]
    [InlineData("""{"filename": "a", "purpose": "user_data", "bytes": 3, "mime_type": "a", "expires_after": {"anchor": "created_at", "seconds": 60}}""", "Invalid 'expires_after.seconds': integer below minimum value. Expected a value >= 3600, but got 60 instead.", "expires_after.seconds")]
    [InlineData("""{"filename": "a", "purpose": "user_data", "bytes": 3, "mime_type": "a", "expires_after": {"anchor": "now", "seconds": 3600}}""", "Invalid value: 'now'. Supported values are: 'created_at'.", "expires_after.anchor")]
    public async Task A_wrong_field_is_refused(string body, string message, string parameter)
    {
        await using var server = await ApiServer.StartAsync(azurite);

        await AssertErrorAsync(await PostAsync(server, "/v1/uploads", body), HttpStatusCode.BadRequest, message, parameter);
    }

    [Fact]
    public async Task A_part_beyond_64_MB_is_a_413()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        var upload = await CreateAsync(server, "a.bin", 100 * Mega);

        await AssertErrorAsync(
            await SendPartAsync(server, upload, new byte[64 * Mega + 1]), HttpStatusCode.RequestEntityTooLarge,
            "The part is larger than 67108864 bytes, the most that one part may carry.", "data");
    }

    [Fact]
    public async Task An_upload_that_does_not_exist_is_a_404()
    {
        await using var server = await ApiServer.StartAsync(azurite);

        await AssertErrorAsync(await SendPartAsync(server, "upload_x", [1]), HttpStatusCode.NotFound, "No such Upload object: upload_x", "upload_id");
        await AssertErrorAsync(await CompleteAsync(server, "upload_x", ["part_x"]), HttpStatusCode.NotFound, "No such Upload object: upload_x", "upload_id");
        await AssertErrorAsync(await CancelAsync(server, "upload_x"), HttpStatusCode.NotFound, "No such Upload object: upload_x", "upload_id");
    }

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

#pragma warning disable CA5351 // The wire's own check.
    private static string Md5(byte[] content) => Convert.ToHexStringLower(MD5.HashData(content));
#pragma warning restore CA5351

    private static async Task<string> CreateAsync(ApiServer server, string name, long bytes, string purpose = "user_data", string fields = "")
    {
        var answer = await PostAsync(
            server, "/v1/uploads", $$"""{"filename": "{{name}}", "purpose": "{{purpose}}", "bytes": {{bytes}}, "mime_type": "application/octet-stream"{{fields}}}""");
        return Text(await answer.JsonAsync(), "id")!;
    }

    private static async Task<string> PartAsync(ApiServer server, string upload, byte[] content) =>
        Text(await (await SendPartAsync(server, upload, content)).JsonAsync(), "id")!;

    private static Task<HttpResponseMessage> SendPartAsync(ApiServer server, string upload, byte[] content) =>
        server.Http.PostAsync($"/v1/uploads/{upload}/parts", new MultipartFormDataContent { { new ByteArrayContent(content), "data" } });

    private static Task<HttpResponseMessage> CompleteAsync(ApiServer server, string upload, string[] parts, string? md5 = null) =>
        PostAsync(server, $"/v1/uploads/{upload}/complete", JsonSerializer.Serialize(new { part_ids = parts, md5 }));

    private static Task<HttpResponseMessage> CancelAsync(ApiServer server, string upload) => server.Http.PostAsync($"/v1/uploads/{upload}/cancel", null);

    private static Task<HttpResponseMessage> PostAsync(ApiServer server, string path, string body) =>
        server.Http.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));

    private static async Task AssertErrorAsync(HttpResponseMessage answer, HttpStatusCode status, string message, string? parameter)
    {
        var error = await answer.ErrorAsync();
        Assert.Equal((status, message, parameter), (answer.StatusCode, Text(error, "message"), Text(error, "param")));
    }

    /// <summary>Whether an upload that was completed has led to a file of this content, whose record says so.</summary>
    private static async Task AssertContentAsync(ApiServer server, HttpResponseMessage completed, byte[] content)
    {
        var json = await completed.JsonAsync();
        Assert.Equal("completed", Text(json, "status"));
        var file = Text(json.GetProperty("file"), "id")!;
        Assert.Equal(content, await server.Http.GetByteArrayAsync($"/v1/files/{file}/content"));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(content)), (await server.Get<FileCatalog>().FindAsync(new FileId(file), default))!.Sha256);
    }

    /// <summary>An account in which something happens before one of its calls.</summary>
    private async Task<BlobAccount> AccountAsync(InterruptedCall call)
    {
        var account = call.Open(azurite, await azurite.NewPrefixAsync());
        await account.CreateContainersAsync(default);
        return account;
    }

    /// <summary>Blobs of files, those of which only blocks are there included.</summary>
    private static async Task<int> BlobsAsync(ApiServer server)
    {
        var options = new Azure.Storage.Blobs.Models.GetBlobsOptions { States = Azure.Storage.Blobs.Models.BlobStates.All };
        var count = 0;
        await foreach (var _ in server.Account.Files.GetBlobsAsync(options))
            count++;
        return count;
    }
}
