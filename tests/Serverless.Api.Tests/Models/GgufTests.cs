using System.Net;
using Serverless.Learning.Adapters;
using Serverless.Learning.Formats;
using Serverless.Learning.Formats.Gguf;
using Serverless.Learning.Models;
using Serverless.Service.Models;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Api.Tests.Models;

public sealed class GgufTests(AzuriteFixture azurite) : IDisposable
{
    private const string Tuned = "ft:tiny:local:my-suffix:abcd1234";
    private readonly string _folder = Directory.CreateTempSubdirectory("serverless-gguf-").FullName;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("tiny", "", GgufType.F16, "tiny-F16.gguf")]
    [InlineData("tiny", "?type=q8_0", GgufType.Q8_0, "tiny-Q8_0.gguf")]
    [InlineData(Tuned, "?type=f32", GgufType.F32, "ft-tiny-local-my-suffix-abcd1234-F32.gguf")]
    public async Task A_base_and_a_published_model_are_downloaded_as_one_file(string model, string query, GgufType type, string fileName)
    {
        await using var server = await StartAsync();

        var answer = await server.Http.GetAsync($"/v1/models/{Uri.EscapeDataString(model)}/gguf{query}", Ct);

        Assert.Equal((HttpStatusCode.OK, fileName), (answer.StatusCode, answer.Content.Headers.ContentDisposition!.FileName));
        var same = Path.Combine(_folder, "same.gguf");
        GgufExport.Write(Path.Combine(_folder, model == "tiny" ? "tiny" : "tuned"), same, type, model);
        Assert.Equal(await File.ReadAllBytesAsync(same, Ct), await answer.Content.ReadAsByteArrayAsync(Ct));
        await NothingIsLeftAsync(server);
    }

    [Fact]
    public async Task An_adapter_is_merged_into_its_base()
    {
        await using var server = await StartAsync();
        var (adapter, merged) = (Path.Combine(_folder, "adapter"), Path.Combine(_folder, "merged"));
        var options = new AdapterOptions { Rank = 2 };
        using (var model = LanguageModel.Load(Path.Combine(_folder, "tiny")))
        using (var wrapped = LoraAdapter.Wrap(model.Decoder, options, seed: 1))
        {
            foreach (var entry in wrapped.Tensors())
                entry.Value.add_(0.25);
            PeftAdapter.Save(adapter, options, "tiny", wrapped.Tensors());
        }

        await server.Get<ModelStore>().SeedAdapterAsync("small", adapter, new ModelId("tiny"), Ct);
        AdapterMerge.Write(Path.Combine(_folder, "tiny"), adapter, merged);

        var found = await server.Http.GetByteArrayAsync("/v1/models/small/gguf?type=f32", Ct);

        GgufExport.Write(merged, Path.Combine(_folder, "merged.gguf"), GgufType.F32, "small");
        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(_folder, "merged.gguf"), Ct), found);
        GgufExport.Write(Path.Combine(_folder, "tiny"), Path.Combine(_folder, "base.gguf"), GgufType.F32, "small");
        Assert.NotEqual(await File.ReadAllBytesAsync(Path.Combine(_folder, "base.gguf"), Ct), found);
    }

    [Theory]
    [InlineData("tiny", "q5", 400, "{\"error\":{\"message\":\"Invalid value: 'q5'. Supported values are: 'f32', 'f16', 'bf16', 'q8_0', and 'q4_0'.\",\"type\":\"invalid_request_error\",\"param\":\"type\",\"code\":\"invalid_value\"}}")]
    [InlineData("nothing", "f16", 404, "{\"error\":{\"message\":\"The model 'nothing' does not exist\",\"type\":\"invalid_request_error\",\"param\":\"model\",\"code\":\"model_not_found\"}}")]
    public async Task What_cannot_be_written_is_refused_in_OpenAIs_words(string model, string type, int status, string body)
    {
        await using var server = await StartAsync();
        var answer = await server.Http.GetAsync($"/v1/models/{model}/gguf?type={type}", Ct);
        Assert.Equal((status, body), ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Ct)));
    }

    [Fact]
    public async Task A_model_that_GGUF_has_no_counterpart_for_is_refused_with_the_reason_and_leaves_nothing()
    {
        await using var server = await StartAsync();
        var odd = TinyModel.Write(Path.Combine(_folder, "odd"));
        var tokenizer = Path.Combine(odd, "tokenizer.json");
        await File.WriteAllTextAsync(tokenizer, (await File.ReadAllTextAsync(tokenizer, Ct)).Replace("\\p{N}", "\\p{Nd}", StringComparison.Ordinal), Ct);
        await server.Get<ModelStore>().SeedBaseAsync("odd", odd, Ct);

        for (var time = 0; time < 2; time++) // the second is not kept out by the first
        {
            var answer = await server.Http.GetAsync("/v1/models/odd/gguf", Ct);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.StartsWith("tokenizer.json, pre_tokenizer: found ", (await answer.ErrorAsync()).GetProperty("message").GetString(), StringComparison.Ordinal);
            await NothingIsLeftAsync(server);
        }
    }

    [Fact]
    public async Task One_file_of_a_model_is_open_at_a_time()
    {
        await using var server = await StartAsync();
        var model = (await server.Get<ModelCatalog>().FindAsync(new ModelId("tiny"), Ct))!;
        Task<byte[]> waiting;
        await using (var open = await server.Get<GgufModels>().OpenAsync(model, GgufType.F16, Ct))
        {
            waiting = server.Http.GetByteArrayAsync("/v1/models/tiny/gguf", Ct);
            (await server.Http.GetAsync($"/v1/models/{Tuned}/gguf", Ct)).EnsureSuccessStatusCode(); // which began later
            Assert.False(waiting.IsCompleted);
        }

        Assert.NotEmpty(await waiting);
    }

    [Fact]
    public async Task A_file_that_nobody_waits_for_any_more_is_not_written_on()
    {
        await using var server = await StartAsync();
        var model = (await server.Get<ModelCatalog>().FindAsync(new ModelId("tiny"), Ct))!;
        var folder = Path.Combine(_folder, "tiny");
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();

        Assert.Throws<OperationCanceledException>(() => GgufExport.Write(folder, Path.Combine(_folder, "cut.gguf"), GgufType.F16, cancellation: gone.Token));

        Assert.False(File.Exists(Path.Combine(_folder, "cut.gguf")));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => server.Get<GgufModels>().OpenAsync(model, GgufType.F16, gone.Token));
        await NothingIsLeftAsync(server);
        await using var open = await server.Get<GgufModels>().OpenAsync(model, GgufType.F16, Ct);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<ApiServer> StartAsync()
    {
        var server = await ApiServer.StartAsync(azurite);
        var store = server.Get<ModelStore>();
        var seeded = await store.SeedBaseAsync("tiny", TinyModel.Write(Path.Combine(_folder, "tiny")), Ct);
        await store.PublishAsync(
            TinyModel.Write(Path.Combine(_folder, "tuned"), seed: 2),
            new ModelRecord { Id = new ModelId(Tuned), Kind = ModelKind.Published, CreatedAt = seeded.CreatedAt.AddSeconds(1), OwnedBy = "local", BaseModel = seeded.Id }, Ct);
        return server;
    }

    /// <summary>An answer has come before the server has put away what it was read from.</summary>
    private static async Task NothingIsLeftAsync(ApiServer server)
    {
        var scratch = Path.Combine(server.Get<PipelineSettings>().WorkFolder, "scratch");
        for (var tries = 0; tries < 100 && Directory.Exists(scratch) && Directory.EnumerateFileSystemEntries(scratch).Any(); tries++)
            await Task.Delay(50, Ct);
        Assert.Empty(Directory.Exists(scratch) ? Directory.GetFileSystemEntries(scratch) : []);
    }
}
