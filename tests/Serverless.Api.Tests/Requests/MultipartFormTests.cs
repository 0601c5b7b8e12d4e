using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Serverless.Api.Requests;

namespace Serverless.Api.Tests.Requests;

public sealed class MultipartFormTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Fields_are_found_before_and_after_the_file(bool fileFirst)
    {
        using var form = new MultipartFormDataContent();
        if (!fileFirst)
            form.Add(new StringContent("fine-tune"), "purpose");
        form.Add(new ByteArrayContent([1, 2, 3]), "file", "train.jsonl");
        if (fileFirst)
            form.Add(new StringContent("fine-tune"), "purpose");

        Assert.Equal("train.jsonl 3 fine-tune", await PostAsync(form));
    }

    [Fact]
    public async Task The_file_is_passed_on_before_the_rest_has_arrived()
    {
        var firstBytesSeen = new TaskCompletionSource();
        await using var api = await BareApi.StartAsync(map: app => app.MapPost("/form", async (HttpContext context) =>
        {
            var form = await MultipartForm.OpenAsync(context, "file");
            await form.File.ReadExactlyAsync(new byte[1_000]);
            firstBytesSeen.SetResult();
            await form.File.CopyToAsync(Stream.Null);
        }));
        using var form = new MultipartFormDataContent { { new HeldBackContent(firstBytesSeen.Task), "file", "a.txt" } };

        // Hangs, and runs into the time limit, when the file is collected first.
        var answer = await api.Http.PostAsync("/form", form).WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Only_the_last_part_of_a_path_names_the_file()
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent([1]), "file", "../../etc/passwd" } };

        Assert.Equal("passwd 1 ", await PostAsync(form));
    }

    [Fact]
    public async Task A_name_beyond_ASCII_arrives()
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent([1]), "file", "prüfung 数据.jsonl" } };

        Assert.Equal("prüfung 数据.jsonl 1 ", await PostAsync(form));
    }

    [Fact]
    public async Task A_form_without_the_file_is_refused()
    {
        using var form = new MultipartFormDataContent { { new StringContent("fine-tune"), "purpose" } };

        Assert.Equal("Missing required parameter: 'file'.", await RefusalAsync(form));
    }

    [Fact]
    public async Task A_second_file_is_refused()
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent([1]), "file", "a" }, { new ByteArrayContent([1]), "file", "b" } };

        Assert.Equal("The form has more than one part 'file'; allowed: one.", await RefusalAsync(form));
    }

    [Fact]
    public async Task A_form_that_is_cut_off_is_refused()
    {
        var content = new ByteArrayContent(Encoding.ASCII.GetBytes("--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nfine-"));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=b");

        Assert.Equal("The form ends before its last boundary.", await RefusalAsync(content));
    }

    [Theory]
    [InlineData("name=\"file\"; filename=\"a\"; filename*", "The part 'file' of the form has a file name that cannot be read.")]
    [InlineData("name=\"file\"; filename=\"a\"; filename*=UTF-7''b%20c", "The part 'file' of the form has a file name that cannot be read.")]
    [InlineData("name=\"file\"; filename=\"=?utf-7?B?YQ==?=\"", "The part 'file' of the form has a file name that cannot be read.")]
    [InlineData("name=\"=?utf-7?B?ZmlsZQ==?=\"; filename=\"a\"", "A part of the form has a name that cannot be read.")]
    public async Task A_name_that_cannot_be_read_is_refused(string parameters, string message)
    {
        var content = new ByteArrayContent(Encoding.ASCII.GetBytes($"--b\r\nContent-Disposition: form-data; {parameters}\r\n\r\nx\r\n--b--\r\n"));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=b");

        Assert.Equal(message, await RefusalAsync(content));
    }

    [Fact]
    public async Task Something_else_than_a_form_is_refused() =>
        Assert.Equal(
            "Invalid Content-Type header (application/json; charset=utf-8), expected multipart/form-data with a boundary.",
            await RefusalAsync(new StringContent("{}", Encoding.UTF8, "application/json")));

    private static async Task<string> PostAsync(HttpContent content)
    {
        await using var api = await StartAsync();
        var answer = await api.Http.PostAsync("/form", content);
        return await answer.Content.ReadAsStringAsync();
    }

    private static async Task<string> RefusalAsync(HttpContent content)
    {
        await using var api = await StartAsync();
        var answer = await api.Http.PostAsync("/form", content);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        return (await answer.ErrorAsync()).GetProperty("message").GetString()!;
    }

    private static Task<BareApi> StartAsync() => BareApi.StartAsync(map: app => app.MapPost("/form", async (HttpContext context) =>
    {
        var form = await MultipartForm.OpenAsync(context, "file");
        using var copy = new MemoryStream();
        await form.File.CopyToAsync(copy);
        await form.ReadRestAsync(context.RequestAborted);
        return $"{form.FileName} {copy.Length} {form.Field("purpose")}";
    }));

    /// <summary>Sends some bytes, waits for a sign, and then sends the rest.</summary>
    private sealed class HeldBackContent(Task sign) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(new byte[10_000]);
            await stream.FlushAsync();
            await sign;
            await stream.WriteAsync(new byte[4]);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
