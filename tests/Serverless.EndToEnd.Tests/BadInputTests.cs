using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.EndToEnd.Tests.Heads;
using Serverless.Learning.Formats;
using Serverless.Tests;
using Serverless.Tests.Shared;
using TorchSharp;

namespace Serverless.EndToEnd.Tests;

/// <summary>What callers get wrong, each with its exact message. Afterwards the head still does its work.</summary>
public sealed class BadInputTests(AzuriteFixture azurite)
{
    private const string Good = """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}""";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 600_000)]
    public async Task Every_fault_of_a_file_is_named_in_its_record_and_in_the_job_that_wants_it()
    {
        using var place = HeadPlace.On(azurite.ConnectionString, await azurite.NewPrefixAsync());
        await using var head = await HeadProcess.StartAsync(place);
        foreach (var (content, message) in Files())
        {
            var id = await head.UploadAsync(content);
            var job = await head.CreateJobAsync(HeadCalls.JobRequest(id, epochs: 1));
            var failed = await head.WaitForEndAsync(job);
            Assert.Equal("failed", HeadCalls.Text(failed, "status"));
            Assert.Equal(message, HeadCalls.Text(failed.GetProperty("error"), "message"));
            Assert.Equal("training_file", HeadCalls.Text(failed.GetProperty("error"), "param"));
        }
        Assert.Equal("succeeded", HeadCalls.Text(await head.WaitForEndAsync(await head.StartJobAsync(12, epochs: 1)), "status"));
    }

    [Fact(Timeout = 600_000)]
    public async Task Unknown_files_and_models_are_refused_when_the_job_is_posted()
    {
        using var place = HeadPlace.On(azurite.ConnectionString, await azurite.NewPrefixAsync());
        await using var head = await HeadProcess.StartAsync(place);
        await AssertRefusedAsync(
            head, HeadCalls.JobRequest("file-nothing", epochs: 1), HttpStatusCode.BadRequest, "invalid training_file: file-nothing", "training_file");
        var request = HeadCalls.JobRequest(await head.UploadAsync(TinyModel.Dataset(12)), epochs: 1);
        request["model"] = "gpt-99";
        await AssertRefusedAsync(head, request, HttpStatusCode.BadRequest, "The model 'gpt-99' does not exist or is not available for fine-tuning", "model");
    }

    [Fact(Timeout = 600_000)]
    public async Task A_model_folder_with_missing_and_misshaped_tensors_fails_the_job_with_all_of_them()
    {
        using var place = HeadPlace.On(azurite.ConnectionString, await azurite.NewPrefixAsync());
        Damage(Path.Combine(place.Folder, "models"));
        await using var head = await HeadProcess.StartAsync(place);
        var request = HeadCalls.JobRequest(await head.UploadAsync(TinyModel.Dataset(12)), epochs: 1);
        request["model"] = "damaged";
        var failed = await head.WaitForEndAsync(await head.CreateJobAsync(request));
        Assert.Equal(
            """
            model.safetensors does not fit config.json in 2 places:
              missing model.layers.1.mlp.up_proj.weight [64, 32]
              model.norm.weight: found shape [16]; the configuration asks for [32]
            """,
            HeadCalls.Text(failed.GetProperty("error"), "message"));
    }

    private static IEnumerable<(string Content, string Message)> Files()
    {
        string With(string line) => string.Concat(Enumerable.Repeat(Good + "\n", 12)) + line + "\n";
        yield return ("", "train.jsonl: found no line with an example; allowed: 10 examples or more, one JSON object per line");
        yield return (With("""{"messages": ["""),
            "train.jsonl line 13, character 15: found the end of the line, which is not JSON there; allowed: one JSON object per line");
        yield return (With("""{"messages":[{"role":"assitant","content":"a"}]}"""),
            "train.jsonl line 13, messages[0].role: found \"assitant\"; allowed: system, user, assistant, tool");
        yield return (With("""{"messages":[{"role":"user"},{"role":"assistant","content":"a"}]}"""),
            "train.jsonl line 13, messages[0].content: found nothing; allowed: a string or an array of text parts");
        yield return (string.Concat(Enumerable.Repeat(Good + "\n", 9)), "train.jsonl: found 9 examples; allowed: 10 or more");
        yield return (With(Good.Replace("\"b\"", $"\"{string.Concat(Enumerable.Repeat("parcel ", 200))}\"", StringComparison.Ordinal)),
            "train.jsonl line 13: found 819 tokens; allowed: 128");
    }

    private static async Task AssertRefusedAsync(HeadProcess head, JsonObject request, HttpStatusCode status, string message, string param)
    {
        using var answer = await head.Http.PostAsJsonAsync("fine_tuning/jobs", request, Ct);
        var error = (await answer.Content.ReadFromJsonAsync<JsonElement>(Ct)).GetProperty("error");
        Assert.Equal((status, message, param), (answer.StatusCode, HeadCalls.Text(error, "message"), HeadCalls.Text(error, "param")));
    }

    private static void Damage(string models)
    {
        var (whole, damaged) = (Path.Combine(models, HeadPlace.Model), Path.Combine(models, "damaged"));
        Directory.CreateDirectory(damaged);
        foreach (var file in Directory.EnumerateFiles(whole))
            File.Copy(file, Path.Combine(damaged, Path.GetFileName(file)));
        using var scope = torch.NewDisposeScope();
        Dictionary<string, torch.Tensor> weights;
        using (var source = SafetensorsFile.Open(Path.Combine(whole, "model.safetensors")))
            weights = source.Tensors.Keys.ToDictionary(name => name, source.Read);
        weights.Remove("model.layers.1.mlp.up_proj.weight");
        weights["model.norm.weight"] = torch.ones(16);
        SafetensorsWriter.Write(Path.Combine(damaged, "model.safetensors"), weights);
    }
}
