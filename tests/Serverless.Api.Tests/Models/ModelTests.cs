using System.ClientModel;
using System.Net;
using System.Security.Cryptography;
using OpenAI.Models;
using Serverless.Service.Models;
using Serverless.Tests.Shared;

namespace Serverless.Api.Tests.Models;

public sealed class ModelTests(AzuriteFixture azurite) : IDisposable
{
    private const string Name = "ft:base:local:my-suffix:abcd1234";
    private readonly string _folder = Directory.CreateTempSubdirectory("serverless-model-").FullName;

    [Fact]
    public async Task The_official_client_lists_retrieves_and_deletes_models()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        await PublishAsync(server);
        var client = server.Client.GetOpenAIModelClient();

        OpenAIModelCollection listed = await client.GetModelsAsync();
        OpenAIModel retrieved = await client.GetModelAsync(Name);
        ModelDeletionResult deleted = await client.DeleteModelAsync(Name);
        OpenAIModelCollection left = await client.GetModelsAsync();

        Assert.Equal([Name, "base"], listed.Select(model => model.Id));
        Assert.Equal("local", retrieved.OwnedBy);
        Assert.True(deleted.Deleted);
        Assert.Equal(["base"], left.Select(model => model.Id));
    }

    [Fact]
    public async Task Models_have_exactly_the_fields_that_OpenAI_writes()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        var (published, seeded) = await PublishAsync(server);

        Assert.Equal(
            $$$"""{"object":"list","data":[{"object":"model","id":"{{{Name}}}","created":{{{Seconds(published)}}},"owned_by":"local"},{"object":"model","id":"base","created":{{{Seconds(seeded)}}},"owned_by":"system"}]}""",
            await server.Http.GetStringAsync("/v1/models"));
        Assert.Equal(
            $$"""{"id":"{{Name}}","object":"model","deleted":true}""",
            await (await server.Http.DeleteAsync($"/v1/models/{Name}")).Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("DELETE", "")]
    [InlineData("GET", "/files")]
    [InlineData("GET", "/files/config.json")]
    public async Task A_model_that_does_not_exist_is_a_404_in_OpenAIs_words(string method, string rest)
    {
        await using var server = await ApiServer.StartAsync(azurite);

        var answer = await server.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), $"/v1/models/ft:x{rest}"));

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal(
            """{"error":{"message":"The model 'ft:x' does not exist","type":"invalid_request_error","param":"model","code":"model_not_found"}}""",
            await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_base_is_not_deleted()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        await PublishAsync(server);

        var error = await Assert.ThrowsAsync<ClientResultException>(() => server.Client.GetOpenAIModelClient().DeleteModelAsync("base"));

        Assert.Equal(403, error.Status);
        Assert.Contains("insufficient_permissions", error.Message, StringComparison.Ordinal);
        Assert.NotNull(await server.Get<ModelCatalog>().FindAsync(new ModelId("base"), default));
    }

    [Fact]
    public async Task A_name_with_a_slash_is_found()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        await server.Get<ModelStore>().SeedBaseAsync("maker/model", Write(("config.json", "{}")), default);

        OpenAIModel model = await server.Client.GetOpenAIModelClient().GetModelAsync("maker/model");

        Assert.Equal("maker/model", model.Id);
    }

    [Fact]
    public async Task Every_file_of_a_models_folder_can_be_downloaded()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        await PublishAsync(server);

        var listed = await (await server.Http.GetAsync($"/v1/models/{Name}/files")).JsonAsync();
        var files = listed.GetProperty("data").EnumerateArray().ToArray();

        Assert.Equal(["adapter/adapter_config.json", "config.json"], files.Select(file => file.GetProperty("path").GetString()));
        foreach (var file in files)
        {
            var download = await server.Http.GetAsync(file.GetProperty("url").GetString());
            var content = await download.Content.ReadAsByteArrayAsync();
            Assert.Equal(file.GetProperty("bytes").GetInt64(), content.Length);
            Assert.Equal(file.GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(content)));
            Assert.Equal(Path.GetFileName(file.GetProperty("path").GetString()), download.Content.Headers.ContentDisposition!.FileName);
        }
    }

    [Fact]
    public async Task A_file_that_a_model_does_not_have_is_a_404()
    {
        await using var server = await ApiServer.StartAsync(azurite);
        await PublishAsync(server);

        var answer = await server.Http.GetAsync($"/v1/models/{Name}/files/../secret");
        var other = await server.Http.GetAsync($"/v1/models/{Name}/files/none.json");

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal($"The model '{Name}' has no file 'none.json'.", (await other.ErrorAsync()).GetProperty("message").GetString());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<(ModelRecord Published, ModelRecord Base)> PublishAsync(ApiServer server)
    {
        var store = server.Get<ModelStore>();
        var seeded = await store.SeedBaseAsync("base", Write(("config.json", "{}")), default);
        var published = await store.PublishAsync(
            Write(("config.json", """{"a": 1}"""), ("adapter/adapter_config.json", "{}")),
            new ModelRecord
            {
                Id = new ModelId(Name), Kind = ModelKind.Published, CreatedAt = seeded.CreatedAt.AddSeconds(1), OwnedBy = "local", BaseModel = seeded.Id,
            },
            default);
        return (published, seeded);
    }

    private string Write(params (string Path, string Text)[] files)
    {
        var folder = Path.Combine(_folder, Guid.NewGuid().ToString("N"));
        foreach (var (path, text) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, path))!);
            File.WriteAllText(Path.Combine(folder, path), text);
        }

        return folder;
    }

    private static long Seconds(ModelRecord model) => model.CreatedAt.ToUnixTimeSeconds();
}
