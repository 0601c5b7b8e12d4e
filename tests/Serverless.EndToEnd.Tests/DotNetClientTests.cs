using System.ClientModel;
using System.ClientModel.Primitives;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OpenAI.Batch;
using OpenAI.Chat;
using OpenAI.Evals;
using OpenAI.Files;
using OpenAI.Graders;
using Serverless.EndToEnd.Tests.Heads;
using Serverless.Tests.Shared;

namespace Serverless.EndToEnd.Tests;

/// <summary>OpenAI's official .NET client on a started head, for what it sends and receives as JSON only, and for what it streams.</summary>
public sealed class DotNetClientTests(AzuriteFixture azurite)
{
    private const string Grader = """{"type": "string_check", "name": "team", "operation": "eq", "input": "{{sample.output_text}}", "reference": "{{item.team}}"}""";

    private static RequestOptions Plain => new() { CancellationToken = Ct };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 600_000)]
    public async Task The_NET_client_uploads_in_parts_grades_evaluates_and_streams()
    {
        using var place = HeadPlace.On(azurite.ConnectionString, await azurite.NewPrefixAsync());
        await using var head = await HeadProcess.StartAsync(place);

        await PartsAsync(head.Client.GetOpenAIFileClient());
        await ExpiryAsync(head.Client.GetOpenAIFileClient());
        await GradersAsync(head.Client.GetGraderClient());
        await EvaluationAsync(head.Client.GetEvaluationClient());
        await StreamAsync(head.Client.GetChatClient(HeadPlace.Model));
        await SchemaAsync(head.Client.GetChatClient(HeadPlace.Model));
    }

    [Fact(Timeout = 600_000)]
    public async Task The_NET_client_pauses_and_resumes_a_job_trains_on_from_its_checkpoint_and_is_told_what_there_is_not()
    {
        using var place = HeadPlace.On(azurite.ConnectionString, await azurite.NewPrefixAsync());
        await using var head = await HeadProcess.StartAsync(place);
        var client = head.Client.GetFineTuningClient();
        var id = await head.StartJobAsync(examples: 30, epochs: 40);
        await head.WaitForUncommittedStepsAsync(id);

        await client.PauseFineTuningJobAsync(id, Plain);
        Assert.Equal("paused", HeadCalls.Text(await head.WaitForStatusAsync(id, "paused", "succeeded", "failed"), "status"));
        Assert.Equal("queued", HeadCalls.Text(Json(await client.ResumeFineTuningJobAsync(id, Plain)), "status"));
        Assert.Equal("succeeded", HeadCalls.Text(await head.WaitForEndAsync(id), "status"));
        var late = await Assert.ThrowsAsync<ClientResultException>(() => client.PauseFineTuningJobAsync(id, Plain));
        Assert.Equal(400, late.Status);
        Assert.Contains($"Job {id} has already succeeded and cannot be paused", late.Message, StringComparison.Ordinal);

        var job = await client.GetJobAsync(id, Ct);
        var checkpoints = await job.GetCheckpointsAsync(cancellationToken: Ct).ToListAsync(Ct);
        Assert.Equal(checkpoints.OrderByDescending(one => one.StepNumber).Select(one => one.Id), checkpoints.Select(one => one.Id));
        Assert.Equal((id, 600), (checkpoints[0].JobId, checkpoints[0].StepNumber));
        ChatCompletion answer = await head.Client.GetChatClient(checkpoints[0].ModelId).CompleteChatAsync(
            [new UserChatMessage("my card was charged twice")], new ChatCompletionOptions { MaxOutputTokenCount = 4 }, Ct);
        Assert.Equal(checkpoints[0].ModelId, answer.Model);
        var request = HeadCalls.JobRequest(HeadCalls.Text(await head.GetAsync($"fine_tuning/jobs/{id}"), "training_file")!, epochs: 1);
        request["model"] = checkpoints[0].ModelId;
        Assert.Equal("succeeded", HeadCalls.Text(await head.WaitForEndAsync(await head.CreateJobAsync(request)), "status"));

        var permissions = checkpoints[0].ModelId;
        await NotOfferedAsync(() => client.GetFineTuningCheckpointPermissionsAsync(permissions, null, null, null, null, Plain));
        await NotOfferedAsync(() => client.CreateFineTuningCheckpointPermissionAsync(permissions, Body("""{"project_ids": ["proj_a"]}"""), Plain));
        await NotOfferedAsync(() => client.DeleteFineTuningCheckpointPermissionAsync(permissions, "cp_1", Plain));
        await NotOfferedAsync(() => head.Client.GetEmbeddingClient(HeadPlace.Model).GenerateEmbeddingAsync("a", cancellationToken: Ct));
        await NotOfferedAsync(() => head.Client.GetModerationClient(HeadPlace.Model).ClassifyTextAsync("a", Ct));
        await NotOfferedAsync(() => CreateBatchOperation.RehydrateAsync(head.Client.GetBatchClient(), "batch_1", Ct));
        await NotOfferedAsync(() => head.Client.GetBatchClient().CreateBatchAsync(
            Body("""{"input_file_id": "file-1", "endpoint": "/v1/chat/completions", "completion_window": "24h"}"""), waitUntilCompleted: false, Plain));
        var chat = head.Client.GetChatClient(HeadPlace.Model);
        await NotOfferedAsync(() => chat.GetChatCompletionAsync("chatcmpl-1", Ct));
        await NotOfferedAsync(() => chat.DeleteChatCompletionAsync("chatcmpl-1", Ct));
        await NotOfferedAsync(() => chat.GetChatCompletionsAsync(cancellationToken: Ct).FirstOrDefaultAsync(Ct).AsTask());
    }

    private static async Task PartsAsync(OpenAIFileClient files)
    {
        var content = new byte[5 * 1024 * 1024 + 3];
        new Random(1).NextBytes(content);
        var upload = Json(await files.CreateUploadAsync(
            Body($$$"""{"filename": "big.bin", "purpose": "user_data", "bytes": {{{content.Length}}}, "mime_type": "application/octet-stream", "expires_after": {"anchor": "created_at", "seconds": 3600}}"""), Plain));
        Assert.Equal(("upload", "pending"), (HeadCalls.Text(upload, "object"), HeadCalls.Text(upload, "status")));
        var id = HeadCalls.Text(upload, "id")!;
        var parts = new List<string>();
        foreach (var part in new[] { content[..3_000_000], content[3_000_000..] })
        {
            var (form, type) = await FormAsync(multipart => multipart.Add(new ByteArrayContent(part), "data", "part"));
            parts.Add(HeadCalls.Text(Json(await files.AddUploadPartAsync(id, form, type, Plain)), "id")!);
        }
        // The wire's own check against damage on the way.
#pragma warning disable CA5351
        var md5 = Convert.ToHexStringLower(MD5.HashData(content));
#pragma warning restore CA5351
        var completed = Json(await files.CompleteUploadAsync(id, Body(JsonSerializer.Serialize(new { part_ids = parts, md5 })), Plain));

        Assert.Equal("completed", HeadCalls.Text(completed, "status"));
        var file = completed.GetProperty("file");
        Assert.Equal(file.GetProperty("created_at").GetInt64() + 3600, file.GetProperty("expires_at").GetInt64());
        OpenAIFile found = await files.GetFileAsync(HeadCalls.Text(file, "id"), Ct);
        Assert.Equal(("big.bin", (int?)content.Length, FilePurpose.UserData), (found.Filename, found.SizeInBytes, found.Purpose));
        Assert.Equal(content, (await files.DownloadFileAsync(found.Id, Ct)).Value.ToArray());
        var late = await Assert.ThrowsAsync<ClientResultException>(() => files.CancelUploadAsync(id, Plain));
        Assert.Contains($"Upload {id} is completed and cannot be cancelled", late.Message, StringComparison.Ordinal);

        var given = HeadCalls.Text(Json(await files.CreateUploadAsync(Body("""{"filename": "b", "purpose": "user_data", "bytes": 1, "mime_type": "text/plain"}"""), Plain)), "id")!;
        Assert.Equal("cancelled", HeadCalls.Text(Json(await files.CancelUploadAsync(given, Plain)), "status"));
    }

    private static async Task ExpiryAsync(OpenAIFileClient files)
    {
        var (form, type) = await FormAsync(multipart =>
        {
            multipart.Add(new ByteArrayContent("soon gone"u8.ToArray()), "file", "brief.txt");
            multipart.Add(new StringContent("user_data"), "purpose");
            multipart.Add(new StringContent("created_at"), "expires_after[anchor]");
            multipart.Add(new StringContent("7200"), "expires_after[seconds]");
        });
        var file = Json(await files.UploadFileAsync(form, type, Plain));
        Assert.Equal(file.GetProperty("created_at").GetInt64() + 7200, file.GetProperty("expires_at").GetInt64());
        Assert.True((await files.DeleteFileAsync(HeadCalls.Text(file, "id"), Ct)).Value.Deleted);
    }

    private static async Task GradersAsync(GraderClient graders)
    {
        var run = Json(await graders.RunGraderAsync(Body($$$"""{"grader": {{{Grader}}}, "item": {"team": "billing"}, "model_sample": "billing"}"""), Plain));
        Assert.Equal((1, "team"), (run.GetProperty("reward").GetDouble(), HeadCalls.Text(run.GetProperty("metadata"), "name")));
        Assert.Equal("team", HeadCalls.Text(Json(await graders.ValidateGraderAsync(Body($$"""{"grader": {{Grader}}}"""), Plain)).GetProperty("grader"), "name"));
        var refused = await Assert.ThrowsAsync<ClientResultException>(() => graders.ValidateGraderAsync(Body("""{"grader": {"type": "python", "name": "x", "source": "y"}}"""), Plain));
        Assert.Equal(400, refused.Status);
        Assert.Contains("grader.type: found \"python\", code that this service would have to run and does not", refused.Message, StringComparison.Ordinal);
    }

    private static async Task EvaluationAsync(EvaluationClient evals)
    {
        var eval = HeadCalls.Text(Json(await evals.CreateEvaluationAsync(
            Body($$$"""{"name": "teams", "data_source_config": {"type": "custom", "item_schema": {"type": "object"}, "include_sample_schema": true}, "testing_criteria": [{{{Grader}}}]}"""), Plain)), "id")!;
        var run = HeadCalls.Text(Json(await evals.CreateEvaluationRunAsync(
            eval,
            Body("""
                {"data_source": {"type": "jsonl", "source": {"type": "file_content", "content": [
                  {"item": {"team": "billing"}, "sample": {"output_text": "billing"}}, {"item": {"team": "billing"}, "sample": {"output_text": "shipping"}}]}}}
                """),
            Plain)), "id")!;
        JsonElement now;
        while (HeadCalls.Text(now = Json(await evals.GetEvaluationRunAsync(eval, run, Plain)), "status") is "queued" or "in_progress")
            await Task.Delay(TimeSpan.FromMilliseconds(200), Ct);
        Assert.Equal("""{"total":2,"errored":0,"failed":1,"passed":1}""", now.GetProperty("result_counts").GetRawText());
        var passed = Json(await evals.GetEvaluationRunOutputItemsAsync(eval, run, 1, "desc", null, "pass", Plain));
        Assert.Equal(0, Assert.Single(passed.GetProperty("data").EnumerateArray()).GetProperty("datasource_item_id").GetInt32());
        Assert.Equal(run, Assert.Single(Json(await evals.GetEvaluationRunsAsync(eval, null, null, null, "completed", Plain)).GetProperty("data").EnumerateArray()).GetProperty("id").GetString());
        Assert.Equal("towns", HeadCalls.Text(Json(await evals.UpdateEvaluationAsync(eval, Body("""{"name": "towns"}"""), Plain)), "name"));
        Assert.True(Json(await evals.DeleteEvaluationRunAsync(eval, run, Plain)).GetProperty("deleted").GetBoolean());
        Assert.True(Json(await evals.DeleteEvaluationAsync(eval, Plain)).GetProperty("deleted").GetBoolean());
    }

    private static async Task StreamAsync(ChatClient chat)
    {
        ChatMessage[] ask = [new UserChatMessage("my card was charged twice")];
        var options = new ChatCompletionOptions { MaxOutputTokenCount = 6, Temperature = 0, IncludeLogProbabilities = true, TopLogProbabilityCount = 2 };
        ChatCompletion whole = await chat.CompleteChatAsync(ask, options, Ct);
        var (text, scored, usage) = (new StringBuilder(), new List<ChatTokenLogProbabilityDetails>(), (ChatTokenUsage?)null);
        await foreach (var update in chat.CompleteChatStreamingAsync(ask, options, Ct))
        {
            text.AppendJoin("", update.ContentUpdate.Select(part => part.Text));
            scored.AddRange(update.ContentTokenLogProbabilities);
            usage = update.Usage ?? usage;
        }
        Assert.Equal(whole.Content[0].Text, text.ToString());
        Assert.Equal(whole.ContentTokenLogProbabilities.Select(one => (one.Token, one.TopLogProbabilities.Count)), scored.Select(one => (one.Token, one.TopLogProbabilities.Count)));
        Assert.NotEmpty(scored);
        Assert.Equal((whole.Usage.InputTokenCount, whole.Usage.OutputTokenCount), (usage!.InputTokenCount, usage.OutputTokenCount));
    }

    private static async Task SchemaAsync(ChatClient chat)
    {
        var schema = BinaryData.FromString("""{"type": "object", "additionalProperties": false, "required": ["team"], "properties": {"team": {"type": "string", "enum": ["billing", "shipping"]}}}""");
        ChatCompletion answer = await chat.CompleteChatAsync(
            [new UserChatMessage("which team, in json")], new ChatCompletionOptions { ResponseFormat = ChatResponseFormat.CreateJsonSchemaFormat("route", schema, jsonSchemaIsStrict: true) }, Ct);
        Assert.Contains(HeadCalls.Text(JsonDocument.Parse(answer.Content[0].Text).RootElement, "team"), new[] { "billing", "shipping" });
    }

    private static async Task NotOfferedAsync(Func<Task> call)
    {
        var refused = await Assert.ThrowsAsync<ClientResultException>(call);
        Assert.Equal(404, refused.Status);
        Assert.Contains("is part of OpenAI's API that this service does not offer yet.", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<(BinaryContent Content, string Type)> FormAsync(Action<MultipartFormDataContent> fill)
    {
        using var form = new MultipartFormDataContent();
        fill(form);
        return (BinaryContent.Create(BinaryData.FromBytes(await form.ReadAsByteArrayAsync(Ct))), form.Headers.ContentType!.ToString());
    }

    private static BinaryContent Body(string json) => BinaryContent.Create(BinaryData.FromString(json));

    private static JsonElement Json(ClientResult result) => JsonDocument.Parse(result.GetRawResponse().Content).RootElement;
}
