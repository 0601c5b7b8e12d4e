using System.Net;
using System.Text;
using System.Text.Json;
using Serverless.Learning.Native;
using Serverless.Service.Models;
using Serverless.Tests.Shared;

namespace Serverless.Api.Tests.Completions;

public sealed class CompletionTests
{
    private readonly AzuriteFixture _azurite;

    public CompletionTests(AzuriteFixture azurite)
    {
        _azurite = azurite;
        NativeRuntime.EnsureLoaded();
        NativeRuntime.SetThreads(1);
    }

    [Fact]
    public async Task An_answer_has_exactly_the_fields_that_OpenAI_writes()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        var model = await server.Get<ModelCatalog>().FindAsync(new ModelId("tiny"), default);

        var json = await (await PostAsync(server, """{"model": "tiny", "prompt": "the parcel", "max_tokens": 3, "temperature": 0}""")).JsonAsync();
        var choice = json.GetProperty("choices")[0];
        var usage = json.GetProperty("usage");
        var (prompt, completion) = (usage.GetProperty("prompt_tokens").GetInt32(), usage.GetProperty("completion_tokens").GetInt32());

        Assert.Matches("^cmpl-[0-9a-f]{32}$", json.GetProperty("id").GetString());
        Assert.Equal(
            $$$$"""
            {"id":"{{{{json.GetProperty("id").GetString()}}}}","object":"text_completion","created":{{{{json.GetProperty("created").GetInt64()}}}},"model":"tiny",
            "choices":[{"text":{{{{choice.GetProperty("text").GetRawText()}}}},"index":0,"logprobs":null,"finish_reason":"{{{{choice.GetProperty("finish_reason").GetString()}}}}"}],
            "usage":{"prompt_tokens":{{{{prompt}}}},"completion_tokens":{{{{completion}}}},"total_tokens":{{{{prompt + completion}}}},
            "prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},
            "completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},
            "system_fingerprint":"fp_{{{{model!.Folder[^10..]}}}}"}
            """.ReplaceLineEndings(""),
            json.GetRawText());
    }

    [Fact]
    public async Task Several_prompts_get_n_answers_each_and_those_they_get_alone()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        const string Settings = "\"max_tokens\": 10, \"seed\": 5";

        var all = await TextsAsync(server, $$"""{"model": "tiny", "prompt": ["the parcel", "my card was charged"], "n": 2, {{Settings}}}""");
        var first = await TextsAsync(server, $$"""{"model": "tiny", "prompt": "the parcel", "n": 2, {{Settings}}}""");

        Assert.Equal(4, all.Length);
        Assert.Equal(first, all[..2]);
        Assert.Equal(4, all.Distinct().Count());
    }

    [Fact]
    public async Task Of_more_answers_than_are_wanted_the_likeliest_are_given_the_best_first()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        const string Asked = "\"model\": \"tiny\", \"prompt\": [\"the parcel\", \"my card was charged\"], \"max_tokens\": 6, \"seed\": 5, \"logprobs\": 0";

        var all = (await (await PostAsync(server, $$"""{ {{Asked}}, "n": 5}""")).JsonAsync()).GetProperty("choices").EnumerateArray().ToList();
        var best = await (await PostAsync(server, $$"""{ {{Asked}}, "n": 2, "best_of": 5}""")).JsonAsync();
        var bare = Asked.Replace(", \"logprobs\": 0", "", StringComparison.Ordinal);
        var unscored = await TextsAsync(server, $$"""{ {{bare}}, "n": 2, "best_of": 5}""");

        var expected = all.Chunk(5).SelectMany(drawn => drawn.OrderByDescending(Likelihood).Take(2)).Select(TextOf).ToList();
        var given = best.GetProperty("choices").EnumerateArray().ToList();
        Assert.Equal(expected, given.Select(TextOf));
        Assert.Equal(expected, unscored);
        Assert.NotEqual(all.Chunk(5).SelectMany(drawn => drawn.Take(2)).Select(TextOf), expected);
        Assert.Equal([0, 1, 2, 3], given.Select(choice => choice.GetProperty("index").GetInt32()));
        Assert.InRange(best.GetProperty("usage").GetProperty("completion_tokens").GetInt32(), 2 * 5, 2 * 5 * 6);

        static double Likelihood(JsonElement choice) => choice.GetProperty("logprobs").GetProperty("token_logprobs").EnumerateArray().Average(one => one.GetDouble());
        static string TextOf(JsonElement choice) => choice.GetProperty("text").GetString()!;
    }

    [Fact]
    public async Task Tokens_as_a_prompt_are_the_text_they_make()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        using var model = Learning.Models.LanguageModel.Load(await FolderAsync(server));
        var ids = string.Join(',', model.Tokenizer.Encode("the parcel"));

        Assert.Equal(
            await TextsAsync(server, """{"model": "tiny", "prompt": "the parcel", "max_tokens": 10, "temperature": 0}"""),
            await TextsAsync(server, $$"""{"model": "tiny", "prompt": [[{{ids}}]], "max_tokens": 10, "temperature": 0}"""));
    }

    [Fact]
    public async Task An_echoed_prompt_is_scored_without_an_answer()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);

        var choice = (await (await PostAsync(server, """{"model": "tiny", "prompt": "the parcel é", "max_tokens": 0, "echo": true, "logprobs": 2}""")).JsonAsync())
            .GetProperty("choices")[0];
        var logprobs = choice.GetProperty("logprobs");
        var tokens = logprobs.GetProperty("tokens").EnumerateArray().Select(token => token.GetString()!).ToArray();

        Assert.Equal("the parcel é", choice.GetProperty("text").GetString());
        Assert.Equal("length", choice.GetProperty("finish_reason").GetString());
        Assert.StartsWith("the parcel ", string.Concat(tokens), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, logprobs.GetProperty("token_logprobs")[0].ValueKind);
        Assert.Equal(JsonValueKind.Null, logprobs.GetProperty("top_logprobs")[0].ValueKind);
        Assert.All(logprobs.GetProperty("token_logprobs").EnumerateArray().Skip(1), value => Assert.InRange(value.GetDouble(), -30, 0));
        Assert.All(logprobs.GetProperty("top_logprobs").EnumerateArray().Skip(1), top => Assert.InRange(top.EnumerateObject().Count(), 2, 3));
        Assert.Equal(0, logprobs.GetProperty("text_offset")[0].GetInt32());
        Assert.Equal(tokens[0].Length, logprobs.GetProperty("text_offset")[1].GetInt32());
    }

    [Fact]
    public async Task A_stream_brings_the_same_text_and_log_probabilities()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        const string Ask = """{"model": "tiny", "prompt": "the parcel", "max_tokens": 12, "seed": 3, "logprobs": 1, "echo": true""";

        var whole = (await (await PostAsync(server, Ask + "}")).JsonAsync()).GetProperty("choices")[0];
        var text = await (await PostAsync(server, Ask + """, "stream": true, "stream_options": {"include_usage": true}}""")).Content.ReadAsStringAsync();
        var pieces = text.Split("\n\n")[..^2].Select(line => JsonDocument.Parse(line["data: ".Length..]).RootElement).ToArray();
        var choices = pieces[..^1].Select(piece => piece.GetProperty("choices")[0]).ToArray();

        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
        Assert.Equal(whole.GetProperty("text").GetString(), string.Concat(choices.Select(choice => choice.GetProperty("text").GetString())));
        foreach (var list in new[] { "tokens", "token_logprobs", "text_offset" })
        {
            Assert.Equal(
                whole.GetProperty("logprobs").GetProperty(list).EnumerateArray().Select(value => value.GetRawText()),
                choices.SelectMany(choice => choice.GetProperty("logprobs").GetProperty(list).EnumerateArray()).Select(value => value.GetRawText()));
        }

        Assert.Equal(whole.GetProperty("finish_reason").GetString(), choices[^1].GetProperty("finish_reason").GetString());
        Assert.Equal("[]", pieces[^1].GetProperty("choices").GetRawText());
        Assert.InRange(pieces[^1].GetProperty("usage").GetProperty("completion_tokens").GetInt32(), 1, 12);
    }

    [Theory]
    [InlineData("{\"model\": \"tiny\"}", "Missing required parameter: 'prompt'.", "prompt")]
    [InlineData("{\"model\": \"tiny\", \"prompt\": []}", "Invalid 'prompt': empty array. Expected an array with minimum length 1, but got an empty array instead.", "prompt")]
    [InlineData("{\"model\": \"tiny\", \"prompt\": \"\"}", "Invalid 'prompt': empty prompt. Expected at least one token.", "prompt")]
    [InlineData("{\"model\": \"tiny\", \"prompt\": [1, 999999]}", "Invalid 'prompt': found the token 999999; allowed: 0 to 296, the model's vocabulary.", "prompt")]
    [InlineData("{\"model\": \"tiny\", \"prompt\": [\"a\", 5]}", "Invalid type for 'prompt[1]': expected a string or an array of integers, but got an integer instead.", "prompt[1]")]
    [InlineData("{\"model\": \"tiny\", \"prompt\": \"a\", \"suffix\": \"b\"}", "Unsupported parameter: 'suffix' is not offered by this service yet.", "suffix")]
    [InlineData("{\"model\": \"tiny\", \"prompt\": \"a\", \"best_of\": 3, \"stream\": true}", "'best_of' above 'n' (currently 1) cannot be streamed: which answers are best is known when all are there.", "best_of")]
    [InlineData("{\"model\": \"tiny\", \"prompt\": \"a\", \"logprobs\": 6}", "Invalid 'logprobs': integer above maximum value. Expected a value <= 5, but got 6 instead.", "logprobs")]
    [InlineData("{\"model\": \"tiny\", \"prompt\": \"a\", \"max_tokens\": -1}", "Invalid 'max_tokens': integer below minimum value. Expected a value >= 0, but got -1 instead.", "max_tokens")]
    public async Task A_wrong_request_is_refused(string body, string message, string parameter)
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);

        var answer = await PostAsync(server, body);
        var error = await answer.ErrorAsync();

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(message, error.GetProperty("message").GetString());
        Assert.Equal(parameter, error.GetProperty("param").GetString());
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
    }

    private static async Task<string> FolderAsync(ApiServer server)
    {
        var model = await server.Get<ModelCatalog>().FindAsync(new ModelId("tiny"), default);
        return await server.Get<ModelStore>().DownloadAsync(model!, Directory.CreateTempSubdirectory("serverless-api-").FullName, default);
    }

    private static async Task<string[]> TextsAsync(ApiServer server, string body) =>
    [
        .. (await (await PostAsync(server, body)).JsonAsync()).GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("text").GetString()!),
    ];

    private static Task<HttpResponseMessage> PostAsync(ApiServer server, string body) =>
        server.Http.PostAsync("/v1/completions", new StringContent(body, Encoding.UTF8, "application/json"));
}
