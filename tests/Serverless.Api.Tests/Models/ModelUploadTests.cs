using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Azure.Storage.Blobs.Models;
using OpenAI.Chat;
using OpenAI.Models;
using Serverless.Service.Models;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Api.Tests.Models;

public sealed class ModelUploadTests(AzuriteFixture azurite) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("serverless-upload-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_posted_archive_is_listed_answers_and_can_be_deleted()
    {
        await using var server = await ApiServer.StartAsync(azurite);

        var answer = await PostAsync(server, Zip("brought", 1), "brought.zip");
        OpenAIModelCollection listed = await server.Client.GetOpenAIModelClient().GetModelsAsync();
        ChatCompletion chat = await server.Client.GetChatClient("brought").CompleteChatAsync(
            [new UserChatMessage("hello")], new ChatCompletionOptions { MaxOutputTokenCount = 2 });

        var record = await server.Get<ModelCatalog>().FindAsync(new ModelId("brought"), default);
        Assert.Equal(
            $$"""{"object":"model","id":"brought","created":{{record!.CreatedAt.ToUnixTimeSeconds()}},"owned_by":"user"}""", await answer.Content.ReadAsStringAsync());
        Assert.Equal(["brought"], listed.Select(model => model.Id));
        Assert.Equal(2, chat.Usage.OutputTokenCount);
        Assert.Equal("brought.zip, posted", record.Source);
        Assert.All(await BlobsAsync(server), name => Assert.StartsWith($"base/brought/{record.ContentHash}/", name, StringComparison.Ordinal));

        Assert.True(((ModelDeletionResult)await server.Client.GetOpenAIModelClient().DeleteModelAsync("brought")).Deleted);
        Assert.Empty(await BlobsAsync(server));
    }

    [Fact]
    public async Task A_posted_adapter_answers_on_its_base_which_has_to_be_there_first()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        var tiny = Zip("tiny", 1);
        var adapter = Packed(TinyAdapter.Write(Path.Combine(_folder, "routing"), Path.Combine(_folder, "tiny"), "someone/tiny"));

        var early = await PostAsync(server, adapter, "routing.zip");
        Assert.Equal(HttpStatusCode.BadRequest, early.StatusCode);
        Assert.StartsWith(
            "adapter_config.json, base_model_name_or_path: found someone/tiny, which is not here, so add that model first; ", (await early.ErrorAsync()).GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("base_model_not_found", (await early.ErrorAsync()).GetProperty("code").GetString());
        Assert.Empty(await BlobsAsync(server));

        await PostAsync(server, tiny, "tiny.zip");
        var answer = await PostAsync(server, adapter, "routing.zip");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("routing", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString());
        OpenAIModelCollection listed = await server.Client.GetOpenAIModelClient().GetModelsAsync();
        Assert.Equal(["routing", "tiny"], listed.Select(model => model.Id));
        ChatCompletion chat = await server.Client.GetChatClient("routing").CompleteChatAsync([new UserChatMessage("hello")], new ChatCompletionOptions { MaxOutputTokenCount = 2 });
        Assert.Equal(2, chat.Usage.OutputTokenCount);
        Assert.Equal(HttpStatusCode.BadRequest, (await server.Http.DeleteAsync("/v1/models/tiny")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await server.Http.DeleteAsync("/v1/models/routing")).StatusCode);
        Assert.All(await BlobsAsync(server), name => Assert.StartsWith("base/tiny/", name, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Fields_may_follow_the_archive_and_another_content_needs_replace()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        await PostAsync(server, Zip("a", 1), "a.zip", ("name", "org/mine"));

        Assert.Equal(HttpStatusCode.OK, (await PostAsync(server, Zip("a", 1), "b.zip", ("name", "org/mine"))).StatusCode);
        var refused = await PostAsync(server, Zip("c", 2), "c.zip", ("name", "org/mine"));
        var replaced = await PostAsync(server, Zip("c", 2), "c.zip", ("name", "org/mine"), ("replace", "true"));

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Equal(
            """{"error":{"message":"The model 'org/mine' exists already and has another content; take another name, or replace it","type":"invalid_request_error","param":"name","code":"model_exists"}}""",
            await refused.Content.ReadAsStringAsync());
        Assert.Equal("org/mine", (await replaced.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString());
        Assert.Equal("c.zip, posted", (await server.Get<ModelCatalog>().FindAsync(new ModelId("org/mine"), default))!.Source);
    }

    [Fact]
    public async Task What_is_no_model_is_a_400_with_the_reason_and_leaves_nothing_behind()
    {
        await using var server = await ApiServer.StartAsync(azurite, new ApiSettings { MaxModelBytes = 1_000_000 });
        var folder = TinyModel.Write(Path.Combine(_folder, "broken"));
        File.Delete(Path.Combine(folder, "tokenizer.json"));

        var broken = await PostAsync(server, Packed(folder), "broken.zip");
        var large = await PostAsync(server, new byte[2_100_000], "large.zip");
        var growing = await PostAsync(server, new byte[1_000_001], "growing.zip");
        var odd = await PostAsync(server, Zip("odd", 1), "odd.zip", ("replace", "yes"));
        var named = await PostAsync(server, Zip("odd2", 1), "odd.zip", ("name", "ft:a:b::c"));

        Assert.Equal(HttpStatusCode.BadRequest, broken.StatusCode);
        Assert.StartsWith("tokenizer.json: ", (await broken.ErrorAsync()).GetProperty("message").GetString(), StringComparison.Ordinal);
        foreach (var answer in new[] { large, growing })
        {
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
            Assert.Equal(
                "The archive is larger than 1000000 bytes, the most that one upload may carry.", (await answer.ErrorAsync()).GetProperty("message").GetString());
        }
        Assert.Equal("replace: found 'yes'; allowed: true, false", (await odd.ErrorAsync()).GetProperty("message").GetString());
        Assert.Equal("name", (await named.ErrorAsync()).GetProperty("param").GetString());
        Assert.Empty(await BlobsAsync(server));
        Assert.Empty(await server.Get<ModelCatalog>().ListAsync(null, default));
    }

    private static async Task<HttpResponseMessage> PostAsync(ApiServer server, byte[] archive, string fileName, params (string Name, string Value)[] fields)
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(archive), "file", fileName } };
        foreach (var (name, value) in fields)
            form.Add(new StringContent(value), name);
        return await server.Http.PostAsync("/v1/models", form);
    }

    private byte[] Zip(string name, long seed) => Packed(TinyModel.Write(Path.Combine(_folder, name), seed));

    private static byte[] Packed(string folder)
    {
        using var bytes = new MemoryStream();
        ZipFile.CreateFromDirectory(folder, bytes, CompressionLevel.Fastest, includeBaseDirectory: true);
        return bytes.ToArray();
    }

    private static async Task<List<string>> BlobsAsync(ApiServer server)
    {
        var names = new List<string>();
        await foreach (var blob in server.Account.Models.GetBlobsAsync(new GetBlobsOptions()))
            names.Add(blob.Name);
        return names;
    }
}
