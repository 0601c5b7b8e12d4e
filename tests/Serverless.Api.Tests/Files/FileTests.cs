using System.Net;
using System.Net.Http.Headers;
using System.Text;
using OpenAI.Files;
using Serverless.Service.Files;
using Serverless.Tests.Shared;

namespace Serverless.Api.Tests.Files;

public sealed class FileTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task The_official_client_uploads_retrieves_lists_downloads_and_deletes()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        var client = server.Client.GetOpenAIFileClient();
        var content = Encoding.UTF8.GetBytes("some text\n");

        OpenAIFile uploaded = await client.UploadFileAsync(BinaryData.FromBytes(content), "notes.txt", FileUploadPurpose.UserData);
        OpenAIFile retrieved = await client.GetFileAsync(uploaded.Id);
        OpenAIFileCollection listed = await client.GetFilesAsync();
        BinaryData downloaded = await client.DownloadFileAsync(uploaded.Id);
        FileDeletionResult deleted = await client.DeleteFileAsync(uploaded.Id);
        OpenAIFileCollection left = await client.GetFilesAsync();

        Assert.StartsWith("file-", uploaded.Id, StringComparison.Ordinal);
        Assert.Equal("notes.txt", retrieved.Filename);
        Assert.Equal(content.Length, retrieved.SizeInBytesLong);
        Assert.Equal(FilePurpose.UserData, retrieved.Purpose);
        Assert.Equal(uploaded.Id, Assert.Single(listed).Id);
        Assert.Equal(content, downloaded.ToArray());
        Assert.True(deleted.Deleted);
        Assert.Empty(left);
    }

    [Fact]
    public async Task A_file_has_exactly_the_fields_that_OpenAI_writes()
    {
        await using var server = await ApiServer.StartAsync(azurite);

        var answer = await UploadAsync(server, "a.jsonl", "{}"u8.ToArray(), "user_data");
        var file = await server.Get<FileCatalog>().FindAsync(new FileId((await answer.JsonAsync()).GetProperty("id").GetString()!), default);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(
            $$"""{"object":"file","id":"{{file!.Id}}","purpose":"user_data","filename":"a.jsonl","bytes":2,"created_at":{{file.CreatedAt.ToUnixTimeSeconds()}},"expires_at":null,"status":"processed","status_details":null}""",
            await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_page_begins_after_the_last_id_of_the_page_before()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        var ids = new List<string>();
        foreach (var name in new[] { "1", "2", "3" })
        {
            ids.Insert(0, (await (await UploadAsync(server, name, [1], "user_data")).JsonAsync()).GetProperty("id").GetString()!);
            await Task.Delay(2); // ids order by milliseconds
        }

        var first = await (await server.Http.GetAsync("/v1/files?limit=2")).JsonAsync();
        var second = await (await server.Http.GetAsync($"/v1/files?limit=2&after={ids[1]}")).JsonAsync();
        var oldestFirst = await (await server.Http.GetAsync($"/v1/files?order=asc&limit=1&after={ids[2]}")).JsonAsync();
        var none = await server.Http.GetStringAsync("/v1/files?purpose=batch");

        Assert.Equal(["list", "True", ids[0], ids[1]], new[] { "object", "has_more", "first_id", "last_id" }.Select(name => first.GetProperty(name).ToString()));
        Assert.Equal([ids[0], ids[1]], first.GetProperty("data").EnumerateArray().Select(file => file.GetProperty("id").GetString()));
        Assert.Equal([ids[2]], second.GetProperty("data").EnumerateArray().Select(file => file.GetProperty("id").GetString()));
        Assert.False(second.GetProperty("has_more").GetBoolean());
        Assert.Equal([ids[1]], oldestFirst.GetProperty("data").EnumerateArray().Select(file => file.GetProperty("id").GetString()));
        Assert.True(oldestFirst.GetProperty("has_more").GetBoolean());
        Assert.Equal("""{"object":"list","data":[],"first_id":null,"last_id":null,"has_more":false}""", none);
    }

    [Fact]
    public async Task A_posted_file_may_say_when_it_expires_and_shows_it()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        var form = new MultipartFormDataContent
        {
            { new ByteArrayContent([1]), "file", "a.bin" }, { new StringContent("user_data"), "purpose" },
            { new StringContent("created_at"), "expires_after[anchor]" }, { new StringContent("3600"), "expires_after[seconds]" },
        };

        var file = await (await server.Http.PostAsync("/v1/files", form)).JsonAsync();

        Assert.Equal(file.GetProperty("created_at").GetInt64() + 3600, file.GetProperty("expires_at").GetInt64());
    }

    [Theory]
    [InlineData("created_at", "3599", "Invalid 'expires_after.seconds': integer below minimum value. Expected a value >= 3600, but got 3599 instead.")]
    [InlineData("created_at", "2592001", "Invalid 'expires_after.seconds': integer above maximum value. Expected a value <= 2592000, but got 2592001 instead.")]
    [InlineData("created_at", "soon", "Invalid type for 'expires_after.seconds': expected an integer, but got a string instead.")]
    [InlineData("now", "3600", "Invalid value: 'now'. Supported values are: 'created_at'.")]
    [InlineData(null, "3600", "Missing required parameter: 'expires_after.anchor'.")]
    [InlineData("created_at", null, "Missing required parameter: 'expires_after.seconds'.")]
    public async Task A_wrong_expiry_is_refused_and_nothing_is_kept(string? anchor, string? seconds, string message)
    {
        await using var server = await ApiServer.StartAsync(azurite);
        var form = new MultipartFormDataContent { { new ByteArrayContent([1]), "file", "a.bin" }, { new StringContent("user_data"), "purpose" } };
        if (anchor is not null)
            form.Add(new StringContent(anchor), "expires_after[anchor]");
        if (seconds is not null)
            form.Add(new StringContent(seconds), "expires_after[seconds]");

        var answer = await server.Http.PostAsync("/v1/files", form);

        Assert.Equal((HttpStatusCode.BadRequest, message), (answer.StatusCode, (await answer.ErrorAsync()).GetProperty("message").GetString()));
        Assert.Empty((await server.Get<FileCatalog>().ListAsync(null, 10, null, default)).Items);
    }

    [Theory]
    [InlineData("limit=0", "Invalid 'limit': integer below minimum value. Expected a value >= 1, but got 0 instead.")]
    [InlineData("limit=10001", "Invalid 'limit': integer above maximum value. Expected a value <= 10000, but got 10001 instead.")]
    [InlineData("limit=many", "Invalid type for 'limit': expected an integer, but got a string instead.")]
    [InlineData("order=up", "Invalid value: 'up'. Supported values are: 'asc' and 'desc'.")]
    public async Task A_wrong_page_is_refused(string query, string message)
    {
        await using var server = await ApiServer.StartAsync(azurite);

        var answer = await server.Http.GetAsync($"/v1/files?{query}");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(message, (await answer.ErrorAsync()).GetProperty("message").GetString());
    }

    [Theory]
    [InlineData("GET", "/v1/files/file-abc")]
    [InlineData("DELETE", "/v1/files/file-abc")]
    [InlineData("GET", "/v1/files/file-abc/content")]
    public async Task A_file_that_does_not_exist_is_a_404_in_OpenAIs_words(string method, string path)
    {
        await using var server = await ApiServer.StartAsync(azurite);

        var answer = await server.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal(
            """{"error":{"message":"No such File object: file-abc","type":"invalid_request_error","param":"id","code":null}}""",
            await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_wrong_purpose_is_refused_and_nothing_is_kept(bool fileFirst)
    {
        await using var server = await ApiServer.StartAsync(azurite);

        var answer = await UploadAsync(server, "a.txt", [1], "bad", fileFirst);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(
            """{"error":{"message":"'bad' is not one of ['fine-tune', 'assistants', 'batch', 'vision', 'user_data', 'evals'] - 'purpose'","type":"invalid_request_error","param":"purpose","code":null}}""",
            await answer.Content.ReadAsStringAsync());
        Assert.Empty(server.Account.Files.GetBlobs(cancellationToken: default));
    }

    [Fact]
    public async Task A_missing_purpose_is_refused_and_nothing_is_kept()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        using var form = new MultipartFormDataContent { { new ByteArrayContent([1]), "file", "a.txt" } };

        var answer = await server.Http.PostAsync("/v1/files", form);

        Assert.Equal("Missing required parameter: 'purpose'.", (await answer.ErrorAsync()).GetProperty("message").GetString());
        Assert.Empty(server.Account.Files.GetBlobs(cancellationToken: default));
    }

    [Theory]
    [InlineData(1_000_000, HttpStatusCode.OK)]
    [InlineData(1_000_001, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData(5_000_000, HttpStatusCode.RequestEntityTooLarge)]
    public async Task A_file_beyond_the_limit_is_our_own_413(int bytes, HttpStatusCode expected)
    {
        await using var server = await ApiServer.StartAsync(azurite, new ApiSettings { MaxFileBytes = 1_000_000 });

        var answer = await UploadAsync(server, "big.bin", new byte[bytes], "user_data");

        Assert.Equal(expected, answer.StatusCode);
        if (expected == HttpStatusCode.RequestEntityTooLarge)
        {
            Assert.Equal(
                """{"error":{"message":"The file is larger than 1000000 bytes, the most that one upload may carry.","type":"invalid_request_error","param":"file","code":"file_too_large"}}""",
                await answer.Content.ReadAsStringAsync());
            Assert.Empty(server.Account.Files.GetBlobs(cancellationToken: default));
        }
    }

    [Fact]
    public async Task A_file_larger_than_the_servers_own_limit_passes()
    {
        await using var server = await ApiServer.StartAsync(azurite);

        // Kestrel refuses 30,000,000 bytes by itself.
        var answer = await UploadAsync(server, "big.bin", new byte[31_000_000], "user_data");

        Assert.Equal(31_000_000, (await answer.JsonAsync()).GetProperty("bytes").GetInt64());
    }

    [Fact]
    public async Task A_file_that_is_cut_off_is_refused_and_nothing_is_kept()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        var content = new ByteArrayContent(Encoding.ASCII.GetBytes("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nhalf"));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=b");

        var answer = await server.Http.PostAsync("/v1/files", content);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("The form ends before its last boundary.", (await answer.ErrorAsync()).GetProperty("message").GetString());
        Assert.Empty(server.Account.Files.GetBlobs(cancellationToken: default));
    }

    [Fact]
    public async Task A_file_after_whose_boundary_the_line_goes_on_is_refused_and_nothing_is_kept()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        var content = new ByteArrayContent(Encoding.ASCII.GetBytes(
            $"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nhalf\r\n--b{new string('-', 300)}\r\n--b--\r\n"));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=b");

        var answer = await server.Http.PostAsync("/v1/files", content);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("The form cannot be read: Line length limit 100 exceeded.", (await answer.ErrorAsync()).GetProperty("message").GetString());
        Assert.Empty(server.Account.Files.GetBlobs(cancellationToken: default));
    }

    private static async Task<HttpResponseMessage> UploadAsync(ApiServer server, string name, byte[] content, string purpose, bool fileFirst = true)
    {
        using var form = new MultipartFormDataContent();
        if (!fileFirst)
            form.Add(new StringContent(purpose), "purpose");
        form.Add(new ByteArrayContent(content), "file", name);
        if (fileFirst)
            form.Add(new StringContent(purpose), "purpose");
        return await server.Http.PostAsync("/v1/files", form);
    }
}
