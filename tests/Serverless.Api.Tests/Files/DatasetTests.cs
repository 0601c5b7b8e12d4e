using System.Net;
using System.Text;
using System.Text.Json;
using OpenAI.Files;
using Serverless.Learning.Native;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Api.Tests.Files;

public sealed class DatasetTests
{
    private readonly AzuriteFixture _azurite;

    public DatasetTests(AzuriteFixture azurite)
    {
        _azurite = azurite;
        NativeRuntime.EnsureLoaded();
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_report_has_what_intake_counted()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        await server.RunWorkflowsAsync();
        var id = await UploadAsync(server, TinyModel.Dataset(12), "train.jsonl");

        var report = await (await server.Http.GetAsync($"/v1/files/{id}/report", Ct)).JsonAsync();

        Assert.Equal("file.report", report.GetProperty("object").GetString());
        Assert.True(report.GetProperty("finished").GetBoolean());
        Assert.Equal("chat", report.GetProperty("format").GetString());
        Assert.Equal("line 1 has messages", report.GetProperty("format_reason").GetString());
        Assert.Equal(12, report.GetProperty("examples").GetInt32());
        Assert.InRange(report.GetProperty("trained_tokens").GetInt64(), 12, report.GetProperty("tokens").GetInt64() - 12);
        var histogram = report.GetProperty("token_histogram").EnumerateArray().ToArray();
        Assert.Equal(12, histogram.Sum(bucket => bucket.GetProperty("sequences").GetInt32()));
        Assert.All(histogram, bucket => Assert.Equal((2 * bucket.GetProperty("from").GetInt64()) - 1, bucket.GetProperty("to").GetInt64()));
        Assert.Equal(0, report.GetProperty("fault_count").GetInt32());
    }

    [Fact]
    public async Task Examples_come_in_runs_of_tokens_that_are_learned_or_not_page_by_page()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        await server.RunWorkflowsAsync();
        var id = await UploadAsync(server, TinyModel.Dataset(12), "train.jsonl");

        var page = await (await server.Http.GetAsync($"/v1/files/{id}/examples?limit=10&model=tiny", Ct)).JsonAsync();
        var rest = await (await server.Http.GetAsync($"/v1/files/{id}/examples?limit=10&after=10", Ct)).JsonAsync();

        Assert.Equal(10, page.GetProperty("data").GetArrayLength());
        Assert.True(page.GetProperty("has_more").GetBoolean());
        Assert.Equal([11, 12], rest.GetProperty("data").EnumerateArray().Select(example => example.GetProperty("line").GetInt32()));
        Assert.False(rest.GetProperty("has_more").GetBoolean());
        Assert.Equal("tiny", rest.GetProperty("model").GetString());

        var sequence = Assert.Single(page.GetProperty("data")[0].GetProperty("sequences").EnumerateArray().ToArray());
        var runs = sequence.GetProperty("runs").EnumerateArray().ToArray();
        string[] learned = [.. runs.Where(run => run.GetProperty("trained").GetBoolean()).Select(run => run.GetProperty("text").GetString()!)];
        Assert.Equal(["billing", "<|im_end|>"], learned);
        Assert.StartsWith(
            "<|im_start|>system\nName the team that should answer the ticket.<|im_end|>\n<|im_start|>user\nmy card was charged twice",
            string.Concat(runs.Select(run => run.GetProperty("text").GetString())), StringComparison.Ordinal);
        Assert.Equal(sequence.GetProperty("tokens").GetInt32(), runs.Sum(run => run.GetProperty("tokens").GetInt32()));
        Assert.All(runs.Where(run => run.GetProperty("special").GetBoolean()), run => Assert.Matches(@"^<\|im_(start|end)\|>$", run.GetProperty("text").GetString()!));
    }

    [Fact]
    public async Task A_file_with_faults_has_them_in_its_report_and_shows_the_examples_before_the_first()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        await server.RunWorkflowsAsync();
        var id = await UploadAsync(server, TinyModel.Dataset(12) + """{"messages":[{"role":"assitant","content":"x"}]}""" + "\n", "train.jsonl");

        var report = await (await server.Http.GetAsync($"/v1/files/{id}/report", Ct)).JsonAsync();
        var page = await (await server.Http.GetAsync($"/v1/files/{id}/examples?limit=20", Ct)).JsonAsync();

        Assert.StartsWith("train.jsonl line 13, messages[0].role: found \"assitant\"", report.GetProperty("faults")[0].GetString(), StringComparison.Ordinal);
        Assert.Equal(12, page.GetProperty("data").GetArrayLength());
    }

    [Theory]
    [InlineData("examples?model=none", HttpStatusCode.NotFound, "The model 'none' does not exist")]
    [InlineData("examples?after=x", HttpStatusCode.BadRequest, "Invalid type for 'after': expected the number of a line, but got 'x' instead.")]
    [InlineData("examples?limit=21", HttpStatusCode.BadRequest, "Invalid 'limit': integer above maximum value. Expected a value <= 20, but got 21 instead.")]
    public async Task What_cannot_be_shown_is_refused(string query, HttpStatusCode status, string message)
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        await server.RunWorkflowsAsync();
        var id = await UploadAsync(server, TinyModel.Dataset(12), "train.jsonl");

        using var answer = await server.Http.GetAsync($"/v1/files/{id}/{query}", Ct);

        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(message, (await answer.ErrorAsync()).GetProperty("message").GetString());
    }

    [Fact]
    public async Task A_file_that_is_no_data_set_or_not_read_yet_has_no_report()
    {
        await using var server = await ApiServer.StartAsync(_azurite);
        var files = server.Client.GetOpenAIFileClient();
        var other = await files.UploadFileAsync(BinaryData.FromString("hello"), "notes.txt", FileUploadPurpose.UserData);
        var waiting = await files.UploadFileAsync(BinaryData.FromString("{}"), "train.jsonl", FileUploadPurpose.FineTune);

        Assert.Equal($"The file {other.Value.Id} has no report: it is no data set", await MessageAsync(other.Value.Id));
        Assert.Equal($"The file {waiting.Value.Id} has no report yet: it is being read", await MessageAsync(waiting.Value.Id));

        async Task<string?> MessageAsync(string id)
        {
            using var answer = await server.Http.GetAsync($"/v1/files/{id}/report", Ct);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            return (await answer.ErrorAsync()).GetProperty("message").GetString();
        }
    }

    private static async Task<string> UploadAsync(ApiServer server, string content, string name)
    {
        OpenAIFile file = await server.Client.GetOpenAIFileClient().UploadFileAsync(new MemoryStream(Encoding.UTF8.GetBytes(content)), name, FileUploadPurpose.FineTune, Ct);
        while (JsonDocument.Parse(await server.Http.GetStringAsync($"/v1/files/{file.Id}", Ct)).RootElement.GetProperty("status").GetString() == "uploaded")
            await Task.Delay(50, Ct);
        return file.Id;
    }
}
