using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net;
using System.Text;
using System.Text.Json;
using OpenAI.Evals;
using OpenAI.Files;
using Serverless.Learning.Data;
using Serverless.Learning.Evaluation;
using Serverless.Learning.Models;
using Serverless.Learning.Native;
using Serverless.Service.Evals;
using Serverless.Service.Models;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Api.Tests.Evals;

/// <summary>Evaluations by the official client, which sends and receives them as JSON.</summary>
public sealed class EvalTests
{
    private const string City = """{"type": "string_check", "name": "city", "operation": "eq", "input": "{{sample.output_text}}", "reference": "{{item.city}}"}""";
    private const string Near = """{"type": "text_similarity", "name": "near", "evaluation_metric": "fuzzy_match", "pass_threshold": 0.5, "input": "{{sample.output_text}}", "reference": "{{item.city}}"}""";
    private const string Config = """{"type": "custom", "item_schema": {"type": "object", "properties": {"city": {"type": "string"}}}, "include_sample_schema": true}""";

    private readonly AzuriteFixture _azurite;

    public EvalTests(AzuriteFixture azurite)
    {
        _azurite = azurite;
        NativeRuntime.EnsureLoaded();
        NativeRuntime.SetThreads(1);
    }

    [Fact]
    public async Task An_evaluation_is_created_found_renamed_and_deleted()
    {
        await using var server = await ApiServer.StartAsync(_azurite);
        var client = server.Client.GetEvaluationClient();
        var created = await client.CreateEvaluationAsync(Body($$"""{"name": "cities", "metadata": {"team": "red"}, "data_source_config": {{Config}}, "testing_criteria": [{{City}}]}"""));
        Assert.Equal(201, created.GetRawResponse().Status);
        var eval = Json(created);
        var id = eval.GetProperty("id").GetString()!;
        Assert.Matches("^eval_[0-9a-z]{26}$", id);
        Assert.Equal(("eval", "cities", "red"), (eval.GetProperty("object").GetString(), eval.GetProperty("name").GetString(), eval.GetProperty("metadata").GetProperty("team").GetString()));
        Assert.Equal(City.Replace("\": ", "\":", StringComparison.Ordinal).Replace(", \"", ",\"", StringComparison.Ordinal), eval.GetProperty("testing_criteria")[0].GetRawText());
        Assert.Equal("string", eval.GetProperty("data_source_config").GetProperty("schema").GetProperty("properties").GetProperty("item").GetProperty("properties").GetProperty("city").GetProperty("type").GetString());
        Assert.Equal(eval.GetRawText(), Json(await client.GetEvaluationAsync(id, new RequestOptions())).GetRawText());

        var renamed = Json(await client.UpdateEvaluationAsync(id, Body("""{"name": "towns"}""")));
        Assert.Equal(("towns", "red"), (renamed.GetProperty("name").GetString(), renamed.GetProperty("metadata").GetProperty("team").GetString()));
        var second = Json(await client.CreateEvaluationAsync(Body($$"""{"data_source_config": {{Config}}, "testing_criteria": [{{Near}}]}"""))).GetProperty("id").GetString();
        Assert.Equal([id, second], Ids(Json(await client.GetEvaluationsAsync(null, null, null, null, new RequestOptions()))));
        var page = Json(await client.GetEvaluationsAsync(1, "created_at", "desc", null, new RequestOptions()));
        Assert.Equal((second, true, second), (Ids(page).Single(), page.GetProperty("has_more").GetBoolean(), page.GetProperty("last_id").GetString()));
        Assert.Equal([id], Ids(Json(await client.GetEvaluationsAsync(1, null, "desc", second, new RequestOptions()))));

        Assert.Equal([second, id], Ids(Json(await client.GetEvaluationsAsync(null, "updated_at", "desc", null, new RequestOptions()))));
        await client.UpdateEvaluationAsync(id, Body("""{"name": "cities"}"""));
        Assert.Equal([id, second], Ids(Json(await client.GetEvaluationsAsync(null, "updated_at", "desc", null, new RequestOptions()))));
        Assert.Equal([id], Ids(Json(await client.GetEvaluationsAsync(1, "updated_at", "asc", second, new RequestOptions()))));

        var gone = Json(await client.DeleteEvaluationAsync(id, new RequestOptions()));
        Assert.Equal($$"""{"object":"eval.deleted","deleted":true,"eval_id":"{{id}}"}""", gone.GetRawText());
        var error = await Assert.ThrowsAsync<ClientResultException>(() => client.GetEvaluationAsync(id, new RequestOptions()));
        Assert.Equal(404, error.Status);
    }

    [Fact]
    public async Task A_run_over_given_samples_grades_each_of_them()
    {
        await using var server = await ApiServer.StartAsync(_azurite);
        await server.RunWorkflowsAsync();
        var client = server.Client.GetEvaluationClient();
        var eval = await EvalAsync(client, City, Near);
        var file = await UploadAsync(server, string.Concat(Enumerable.Range(0, 40).Select(index =>
            $$"""{"item": {"city": "Paris"}, "sample": {"output_text": "{{(index % 4 == 0 ? "Paris" : index % 4 == 1 ? "Pari" : "Rome")}}"} }""" + "\n")));
        var created = await client.CreateEvaluationRunAsync(eval, Body($$"""{"name": "given", "data_source": {"type": "jsonl", "source": {"type": "file_id", "id": "{{file}}"} } }"""));
        Assert.Equal((201, "queued"), (created.GetRawResponse().Status, Json(created).GetProperty("status").GetString()));

        var run = await UntilAsync(client, eval, Json(created).GetProperty("id").GetString()!, "completed");
        Assert.Equal("""{"total":40,"errored":0,"failed":30,"passed":10}""", run.GetProperty("result_counts").GetRawText());
        var criteria = run.GetProperty("per_testing_criteria_results");
        Assert.Equal(("city", 10, 30, 0.25), Counts(criteria[0]));
        var interval = criteria[0].GetProperty("mean_score_interval");
        Assert.InRange(0.25, interval.GetProperty("low").GetDouble() + 0.05, interval.GetProperty("high").GetDouble() - 0.05);
        Assert.Equal(JsonValueKind.Null, run.GetProperty("dataset_scores").ValueKind);
        Assert.Equal(("near", 20, 20), (Counts(criteria[1]).Name, Counts(criteria[1]).Passed, Counts(criteria[1]).Failed));
        Assert.Equal("[]", run.GetProperty("per_model_usage").GetRawText());

        var items = Json(await client.GetEvaluationRunOutputItemsAsync(eval, Id(run), 17, null, null, null, new RequestOptions()));
        Assert.Equal((17, true), (items.GetProperty("data").GetArrayLength(), items.GetProperty("has_more").GetBoolean()));
        var rest = Json(await client.GetEvaluationRunOutputItemsAsync(eval, Id(run), 100, null, items.GetProperty("last_id").GetString(), null, new RequestOptions()));
        Assert.Equal(Enumerable.Range(0, 40), items.GetProperty("data").EnumerateArray().Concat(rest.GetProperty("data").EnumerateArray()).Select(item => item.GetProperty("datasource_item_id").GetInt32()));
        var passed = Json(await client.GetEvaluationRunOutputItemsAsync(eval, Id(run), 100, "desc", null, "pass", new RequestOptions()));
        Assert.Equal([36, 32, 28, 24, 20, 16, 12, 8, 4, 0], passed.GetProperty("data").EnumerateArray().Select(item => item.GetProperty("datasource_item_id").GetInt32()));
        var one = Json(await client.GetEvaluationRunOutputItemAsync(eval, Id(run), Id(rest.GetProperty("data")[4]), new RequestOptions()));
        Assert.Equal((21, "fail", "Pari"), (one.GetProperty("datasource_item_id").GetInt32(), one.GetProperty("status").GetString(), one.GetProperty("sample").GetProperty("output")[0].GetProperty("content").GetString()));
        Assert.Equal("""{"name":"city","type":"string_check","score":0,"passed":false,"sample":null}""", one.GetProperty("results")[0].GetRawText());
        Assert.Equal("""{"city":"Paris"}""", one.GetProperty("datasource_item").GetRawText());
    }

    [Fact]
    public async Task A_run_over_a_model_answers_its_template_and_counts_what_cannot_be_answered()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        await server.RunWorkflowsAsync();
        var client = server.Client.GetEvaluationClient();
        var eval = await EvalAsync(client, Near);
        var run = Json(await client.CreateEvaluationRunAsync(eval, Body($$$"""
            {"data_source": {"type": "completions", "model": "tiny", "sampling_params": {"max_completion_tokens": 4, "seed": 3},
              "source": {"type": "file_content", "content": [{"item": {"city": "Paris"}}, {"item": {"town": "Rome"}}, {"item": {"city": "{{{new string('x', 500)}}}"}}, {"item": {"city": "Oslo"}}]},
              "input_messages": {"type": "template", "template": [{"role": "developer", "content": "Name it."}, {"role": "user", "content": {"type": "input_text", "text": "City {{item.city}}"}}]}} }
            """)));
        run = await UntilAsync(client, eval, Id(run), "completed");
        var counts = run.GetProperty("result_counts");
        Assert.Equal((4, 2), (counts.GetProperty("total").GetInt32(), counts.GetProperty("errored").GetInt32()));
        var usage = run.GetProperty("per_model_usage")[0];
        Assert.Equal(("tiny", 2), (usage.GetProperty("model_name").GetString(), usage.GetProperty("invocation_count").GetInt32()));
        var items = Json(await client.GetEvaluationRunOutputItemsAsync(eval, Id(run), null, null, null, null, new RequestOptions())).GetProperty("data");
        Assert.Equal("""[{"role":"developer","content":"Name it."},{"role":"user","content":"City Paris"}]""", items[0].GetProperty("sample").GetProperty("input").GetRawText());
        Assert.InRange(items[0].GetProperty("sample").GetProperty("usage").GetProperty("completion_tokens").GetInt32(), 0, 4);
        Assert.Equal("input_messages[1].content: {{item.city}}: the item has no \"city\"", items[1].GetProperty("sample").GetProperty("error").GetProperty("message").GetString());
        Assert.Matches("^found [0-9]+ tokens; allowed: at most 127, the model's context less one token of answer$", items[2].GetProperty("sample").GetProperty("error").GetProperty("message").GetString());
        Assert.Equal(["error", "error"], new[] { items[1], items[2] }.Select(item => item.GetProperty("status").GetString()));
    }

    [Fact]
    public async Task An_item_without_the_sample_that_a_criterion_looks_at_is_an_error_and_not_a_wrong_answer()
    {
        await using var server = await ApiServer.StartAsync(_azurite);
        await server.RunWorkflowsAsync();
        var client = server.Client.GetEvaluationClient();
        const string ItemOnly = """{"type": "string_check", "name": "item", "operation": "eq", "input": "{{item.city}}", "reference": "Paris"}""";
        const string Source = """
            {"data_source": {"type": "jsonl", "source": {"type": "file_content", "content": [
              {"item": {"city": "Paris"}, "sample": {"output_text": "Paris"}}, {"item": {"city": "Paris"}}, {"item": {"city": "Paris"}, "sample": {"output_text": ""}}]}}}
            """;
        foreach (var (criterion, counts) in new[]
        {
            (City, """{"total":3,"errored":1,"failed":1,"passed":1}"""),
            (ItemOnly, """{"total":3,"errored":0,"failed":0,"passed":3}"""),
        })
        {
            var eval = await EvalAsync(client, criterion);
            var run = await UntilAsync(client, eval, Id(Json(await client.CreateEvaluationRunAsync(eval, Body(Source)))), "completed");
            Assert.Equal(counts, run.GetProperty("result_counts").GetRawText());
            var items = Json(await client.GetEvaluationRunOutputItemsAsync(eval, Id(run), null, null, null, null, new RequestOptions())).GetProperty("data");
            if (criterion == City)
                Assert.Contains("{{sample.output_text}}: there is no sample with an output_text", items[1].GetRawText(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_run_over_a_model_whose_prompt_opens_the_thinking_shows_answers_from_there()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        var folder = Directory.CreateTempSubdirectory("serverless-api-").FullName;
        await server.Get<ModelStore>().SeedBaseAsync("thinking", TinyModel.WriteThinking(folder), default);
        Directory.Delete(folder, recursive: true);
        await server.RunWorkflowsAsync();
        var client = server.Client.GetEvaluationClient();
        var eval = await EvalAsync(client, """{"type": "string_check", "name": "opens", "operation": "like", "input": "{{sample.output_text}}", "reference": "<think>"}""");
        var run = Json(await client.CreateEvaluationRunAsync(eval, Body("""
            {"data_source": {"type": "completions", "model": "thinking", "sampling_params": {"max_completion_tokens": 4},
              "source": {"type": "file_content", "content": [{"item": {"city": "Paris"}}, {"item": {"city": "Oslo"}}]},
              "input_messages": {"type": "template", "template": [{"role": "user", "content": "City {{item.city}}"}]}} }
            """)));
        run = await UntilAsync(client, eval, Id(run), "completed");
        Assert.Equal("""{"total":2,"errored":0,"failed":0,"passed":2}""", run.GetProperty("result_counts").GetRawText());
    }

    [Fact]
    public async Task The_answers_of_a_run_have_the_form_that_it_asks_for()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        await server.RunWorkflowsAsync();
        var client = server.Client.GetEvaluationClient();
        var eval = await EvalAsync(client, City);
        var run = Json(await client.CreateEvaluationRunAsync(eval, Body("""
            {"data_source": {"type": "completions", "model": "tiny",
              "sampling_params": {"max_completion_tokens": 80, "temperature": 1, "response_format": {"type": "json_schema", "json_schema": {"name": "place", "strict": true, "schema": {
                "type": "object", "additionalProperties": false, "required": ["city"], "properties": {"city": {"type": "string", "enum": ["Paris", "Rome"]}}}}}},
              "source": {"type": "file_content", "content": [{"item": {"city": "Paris"}}, {"item": {"city": "Rome"}}]},
              "input_messages": {"type": "template", "template": [{"role": "user", "content": "City {{item.city}}"}]}} }
            """)));
        run = await UntilAsync(client, eval, Id(run), "completed");
        foreach (var item in Json(await client.GetEvaluationRunOutputItemsAsync(eval, Id(run), null, null, null, null, new RequestOptions())).GetProperty("data").EnumerateArray())
        {
            using var answer = JsonDocument.Parse(item.GetProperty("sample").GetProperty("output")[0].GetProperty("content").GetString()!);
            Assert.Contains(answer.RootElement.GetProperty("city").GetString(), new[] { "Paris", "Rome" });
        }
    }

    [Fact]
    public async Task A_data_set_is_answered_from_its_own_messages_and_scored_as_in_the_evaluation_of_a_job()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        await server.RunWorkflowsAsync();
        var client = server.Client.GetEvaluationClient();
        const string Right = """{"type": "text_similarity", "name": "right", "evaluation_metric": "fuzzy_match", "input": "{{sample.output_text}}", "reference": "{{item.messages[-1].content}}"}""";
        var eval = await EvalAsync(client, Right);
        var (lines, folder) = (TinyModel.Dataset(70), Directory.CreateTempSubdirectory("serverless-eval-").FullName);
        var file = await UploadAsync(server, lines, FileUploadPurpose.FineTune);
        var run = Json(await client.CreateEvaluationRunAsync(eval, Body(
            $$$"""{"data_source": {"type": "completions", "model": "tiny", "sampling_params": {"max_completion_tokens": 4}, "source": {"type": "file_id", "id": "{{{file}}}"}} }""")));
        run = await UntilAsync(client, eval, Id(run), "completed");
        Assert.Equal((70, 0), (run.GetProperty("result_counts").GetProperty("total").GetInt32(), run.GetProperty("result_counts").GetProperty("errored").GetInt32()));
        var item = Json(await client.GetEvaluationRunOutputItemsAsync(eval, Id(run), 1, null, null, null, new RequestOptions())).GetProperty("data")[0];
        Assert.Equal(["system", "user"], item.GetProperty("sample").GetProperty("input").EnumerateArray().Select(message => message.GetProperty("role").GetString()));
        Assert.Equal("billing", item.GetProperty("datasource_item").GetProperty("messages")[2].GetProperty("content").GetString());
        Assert.False(item.GetProperty("exact_match").GetBoolean());

        using var model = LanguageModel.Load(TinyModel.Write(folder));
        var examples = DatasetReader.Read(new MemoryStream(Encoding.UTF8.GetBytes(lines)), "x", DatasetFormat.Chat).OfType<ChatExample>();
        var expected = Evaluator.Score(model, [.. examples.SelectMany(model.Chat.EncodeExample)], TestContext.Current.CancellationToken);
        var scores = run.GetProperty("dataset_scores");
        Assert.Equal(70, scores.GetProperty("scored").GetInt32());
        Assert.Equal(expected.Loss, scores.GetProperty("loss").GetDouble(), 1e-4);
        Assert.Equal(expected.Perplexity, scores.GetProperty("perplexity").GetDouble(), 1e-2);
        Assert.Equal(expected.TokenAccuracy, scores.GetProperty("token_accuracy").GetDouble(), 1e-2);
        Assert.Equal("""{"mean":0,"low":0,"high":0}""", scores.GetProperty("exact_match").GetRawText());
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Prompts_and_preferences_are_answered_as_well_and_other_files_need_to_be_told_what_is_asked()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        await server.RunWorkflowsAsync();
        var client = server.Client.GetEvaluationClient();
        var eval = await EvalAsync(client, """{"type": "string_check", "name": "any", "operation": "ilike", "input": "{{sample.output_text}}", "reference": ""}""");
        foreach (var (line, scored) in new[]
        {
            ("""{"messages": [{"role": "user", "content": "hi"}], "answer": 4}""", (int?)null), ("""{"prompt": "hi", "completion": "billing"}""", 10),
            ("""{"input": {"messages": [{"role": "user", "content": "hi"}]}, "preferred_output": [{"role": "assistant", "content": "billing"}], "non_preferred_output": [{"role": "assistant", "content": "x"}]}""", 10),
        })
        {
            var run = await UntilAsync(client, eval, Id(await RunAsync(await UploadAsync(server, string.Concat(Enumerable.Repeat(line + "\n", 10)), FileUploadPurpose.FineTune))), "completed");
            Assert.Equal("""{"total":10,"errored":0,"failed":0,"passed":10}""", run.GetProperty("result_counts").GetRawText());
            Assert.Equal(scored, run.GetProperty("dataset_scores").ValueKind == JsonValueKind.Null ? null : run.GetProperty("dataset_scores").GetProperty("scored").GetInt32());
        }
        var other = await UploadAsync(server, "{\"item\": {\"city\": \"Paris\"}}\n");
        Assert.Equal(
            "data_source.input_messages: found nothing; allowed: what the model is asked, which only the lines of a data set say themselves",
            await RefusedAsync(server, $"/v1/evals/{eval}/runs", Request(other)));

        async Task<JsonElement> RunAsync(string file) => Json(await client.CreateEvaluationRunAsync(eval, Body(Request(file))));

        static string Request(string file) =>
            $$$"""{"data_source": {"type": "completions", "model": "tiny", "sampling_params": {"max_completion_tokens": 2}, "source": {"type": "file_id", "id": "{{{file}}}"}} }""";
    }

    [Fact]
    public async Task A_bad_line_fails_the_run_and_names_it()
    {
        await using var server = await ApiServer.StartAsync(_azurite);
        await server.RunWorkflowsAsync();
        var client = server.Client.GetEvaluationClient();
        var eval = await EvalAsync(client, City);
        var file = await UploadAsync(server, "{\"item\": {\"city\": \"Paris\"}}\n{\"city\": \"Rome\"}\n");
        var run = Json(await client.CreateEvaluationRunAsync(eval, Body($$"""{"data_source": {"type": "jsonl", "source": {"type": "file_id", "id": "{{file}}"} } }""")));
        run = await UntilAsync(client, eval, Id(run), "failed");
        Assert.Equal("items.jsonl line 2: found no object \"item\"; allowed: {\"item\": {…}}", run.GetProperty("error").GetProperty("message").GetString());
    }

    [Fact]
    public async Task A_run_can_be_cancelled_and_deleted()
    {
        // The workflows do not run here, so the run stands still.
        await using var server = await ApiServer.StartAsync(_azurite);
        var client = server.Client.GetEvaluationClient();
        var eval = await EvalAsync(client, City);
        const string source = """{"data_source": {"type": "jsonl", "source": {"type": "file_content", "content": [{"item": {"city": "a"}, "sample": {"output_text": "a"}}]}}}""";
        var run = Id(Json(await client.CreateEvaluationRunAsync(eval, Body(source))));
        Assert.Equal("canceled", Json(await client.CancelEvaluationRunAsync(eval, run, new RequestOptions())).GetProperty("status").GetString());
        Assert.Equal([run], Ids(Json(await client.GetEvaluationRunsAsync(eval, null, null, null, "canceled", new RequestOptions()))));
        Assert.Empty(Ids(Json(await client.GetEvaluationRunsAsync(eval, null, null, null, "queued", new RequestOptions()))));
        await server.RunWorkflowsAsync();
        Assert.Equal("canceled", Json(await client.GetEvaluationRunAsync(eval, run, new RequestOptions())).GetProperty("status").GetString());
        Assert.Equal($$"""{"object":"eval.run.deleted","deleted":true,"run_id":"{{run}}"}""", Json(await client.DeleteEvaluationRunAsync(eval, run, new RequestOptions())).GetRawText());
        Assert.Null(await server.Get<EvalRunCatalog>().FindAsync(new EvalRunId(run), default));
    }

    [Theory]
    [InlineData("{}", "Missing required parameter: 'data_source_config'.")]
    [InlineData("""{"data_source_config": {"type": "logs"}}""", "Unsupported value: 'data_source_config.type' does not support 'logs' in this service yet. Supported values are: 'custom'.")]
    [InlineData($$"""{"data_source_config": {{Config}}, "testing_criteria": []}""", "Invalid 'testing_criteria': empty array. Expected an array with minimum length 1, but got an empty array instead.")]
    [InlineData($$"""{"data_source_config": {{Config}}, "testing_criteria": [{{City}}, {{City}}]}""", "testing_criteria[1].name: found 'city' a second time; allowed: a name that no other criterion has")]
    [InlineData($$"""{"data_source_config": {{Config}}, "testing_criteria": [{"type": "string_check"}]}""", "testing_criteria[0].name: found nothing (beside type); allowed: a name of 1 to 128 characters")]
    public async Task A_bad_evaluation_is_refused(string body, string firstLine)
    {
        await using var server = await ApiServer.StartAsync(_azurite);
        Assert.Equal(firstLine, (await RefusedAsync(server, "/v1/evals", body)).Split('\n')[0]);
    }

    [Theory]
    [InlineData("{}", "Missing required parameter: 'data_source'.")]
    [InlineData("""{"data_source": {"type": "responses"}}""", "Unsupported value: 'data_source.type' does not support 'responses' in this service yet. Supported values are: 'jsonl' and 'completions'.")]
    [InlineData("""{"data_source": {"type": "jsonl", "source": {"type": "file_id", "id": "file-none"}}}""", "invalid data_source.source.id: file-none")]
    [InlineData("""{"data_source": {"type": "jsonl", "source": {"type": "file_content", "content": [{"items": {}}]}}}""", "data_source.source.content[0]: found no object \"item\"; allowed: {\"item\": {…}}")]
    [InlineData("""{"data_source": {"type": "completions", "model": "absent", "source": {"type": "file_content", "content": [{"item": {}}]}, "input_messages": {"type": "item_reference", "item_reference": "item.messages"}}}""", "The model 'absent' does not exist")]
    [InlineData("""{"data_source": {"type": "completions", "model": "absent", "source": {"type": "file_content", "content": [{"item": {}}]}, "input_messages": {"type": "template", "template": [{"role": "user", "content": "{{itm.x}}"}]}}}""", "data_source.input_messages.template[0].content: position 3: found \"itm\"; allowed: item, sample")]
    [InlineData("""{"data_source": {"type": "completions", "model": "absent", "source": {"type": "file_content", "content": [{"item": {}}]}, "sampling_params": {"tools": []}}}""", "Unsupported parameter: 'data_source.sampling_params.tools' is not offered by this service yet.")]
    [InlineData("""{"data_source": {"type": "completions", "model": "absent", "source": {"type": "file_content", "content": [{"item": {}}]}, "sampling_params": {"response_format": {"type": "xml"}}}}""", "Invalid value: 'xml'. Supported values are: 'json_object', 'json_schema', and 'text'.")]
    public async Task A_bad_run_is_refused(string body, string message)
    {
        await using var server = await ApiServer.StartAsync(_azurite);
        var eval = await EvalAsync(server.Client.GetEvaluationClient(), City);
        Assert.Equal(message, await RefusedAsync(server, $"/v1/evals/{eval}/runs", body));
    }

    [Theory]
    [InlineData("/v1/evals/eval_1", "No such Eval object: eval_1")]
    [InlineData("/v1/evals/EVAL/runs/evalrun_1", "No such EvalRun object: evalrun_1")]
    [InlineData("/v1/evals/EVAL/runs", null)]
    public async Task What_does_not_exist_is_a_404(string path, string? message)
    {
        await using var server = await ApiServer.StartAsync(_azurite);
        var eval = await EvalAsync(server.Client.GetEvaluationClient(), City);
        var answer = await server.Http.GetAsync(path.Replace("EVAL", eval, StringComparison.Ordinal));
        Assert.Equal(message is null ? HttpStatusCode.OK : HttpStatusCode.NotFound, answer.StatusCode);
        if (message is not null)
            Assert.Equal(message, (await answer.ErrorAsync()).GetProperty("message").GetString());
    }

    private static async Task<string> EvalAsync(EvaluationClient client, params string[] criteria) =>
        Id(Json(await client.CreateEvaluationAsync(Body($$"""{"data_source_config": {{Config}}, "testing_criteria": [{{string.Join(", ", criteria)}}]}"""))));

    private static async Task<string> UploadAsync(ApiServer server, string content, FileUploadPurpose? purpose = null)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(content));
        OpenAIFile file = await server.Client.GetOpenAIFileClient().UploadFileAsync(stream, "items.jsonl", purpose ?? FileUploadPurpose.Evaluations);
        return file.Id;
    }

    private static async Task<JsonElement> UntilAsync(EvaluationClient client, string eval, string run, string status)
    {
        for (var look = 0; look < 2400; look++)
        {
            var found = Json(await client.GetEvaluationRunAsync(eval, run, new RequestOptions()));
            if (found.GetProperty("status").GetString() == status)
                return found;
            if (found.GetProperty("status").GetString() is "completed" or "failed" or "canceled")
                throw new InvalidOperationException(found.GetRawText());
            await Task.Delay(25, TestContext.Current.CancellationToken);
        }
        throw new TimeoutException($"waited in vain for {status}");
    }

    private static async Task<string> RefusedAsync(ApiServer server, string path, string body)
    {
        var answer = await server.Http.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        return (await answer.ErrorAsync()).GetProperty("message").GetString()!;
    }

    private static (string Name, int Passed, int Failed, double Mean) Counts(JsonElement criterion) => (
        criterion.GetProperty("testing_criteria").GetString()!, criterion.GetProperty("passed").GetInt32(), criterion.GetProperty("failed").GetInt32(), criterion.GetProperty("mean_score").GetDouble());

    private static BinaryContent Body(string json) => BinaryContent.Create(BinaryData.FromString(json));

    private static JsonElement Json(ClientResult result) => JsonDocument.Parse(result.GetRawResponse().Content).RootElement;

    private static string Id(JsonElement json) => json.GetProperty("id").GetString()!;

    private static IEnumerable<string?> Ids(JsonElement list) => list.GetProperty("data").EnumerateArray().Select(entry => entry.GetProperty("id").GetString());
}
