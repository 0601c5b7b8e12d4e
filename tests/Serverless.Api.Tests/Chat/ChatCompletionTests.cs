using System.Net;
using System.Text;
using System.Text.Json;
using OpenAI.Chat;
using Serverless.Learning.Native;
using Serverless.Service.Models;
using Serverless.Tests.Shared;

namespace Serverless.Api.Tests.Chat;

public sealed class ChatCompletionTests
{
    private const string Ask = """{"model": "tiny", "messages": [{"role": "user", "content": "my card was charged twice"}]""";
    private readonly AzuriteFixture _azurite;

    public ChatCompletionTests(AzuriteFixture azurite)
    {
        _azurite = azurite;
        NativeRuntime.EnsureLoaded();
        NativeRuntime.SetThreads(1);
    }

    [Fact]
    public async Task The_official_client_gets_the_same_answer_whole_and_streamed()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        var client = server.Client.GetChatClient("tiny");
        var options = new ChatCompletionOptions { MaxOutputTokenCount = 24, Temperature = 0.8f, TopP = 0.9f, Seed = 5 };
        ChatMessage[] messages = [new SystemChatMessage("Name the team."), new UserChatMessage("my card was charged twice")];

        ChatCompletion whole = await client.CompleteChatAsync(messages, options);
        var streamed = new StringBuilder();
        ChatFinishReason? finish = null;
        ChatTokenUsage? usage = null;
        await foreach (var update in client.CompleteChatStreamingAsync(messages, options))
        {
            foreach (var part in update.ContentUpdate)
                streamed.Append(part.Text);
            finish = update.FinishReason ?? finish;
            usage = update.Usage ?? usage;
        }

        Assert.StartsWith("chatcmpl-", whole.Id, StringComparison.Ordinal);
        Assert.Equal("tiny", whole.Model);
        Assert.Equal(ChatMessageRole.Assistant, whole.Role);
        Assert.NotEmpty(whole.Content[0].Text);
        Assert.Equal(whole.Content[0].Text, streamed.ToString());
        Assert.Equal(whole.FinishReason, finish);
        Assert.Equal(whole.Usage.OutputTokenCount, usage!.OutputTokenCount);
        Assert.Equal(whole.Usage.InputTokenCount, usage.InputTokenCount);
        Assert.Equal(whole.Usage.InputTokenCount + whole.Usage.OutputTokenCount, whole.Usage.TotalTokenCount);
        Assert.InRange(whole.Usage.OutputTokenCount, 1, 24);
    }

    [Fact]
    public async Task An_answer_has_exactly_the_fields_that_OpenAI_writes()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        var model = await server.Get<ModelCatalog>().FindAsync(new ModelId("tiny"), default);

        var answer = await PostAsync(server, ", \"max_tokens\": 3, \"temperature\": 0}");
        var json = await answer.JsonAsync();
        var (id, created) = (json.GetProperty("id").GetString(), json.GetProperty("created").GetInt64());
        var content = json.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetRawText();
        var finish = json.GetProperty("choices")[0].GetProperty("finish_reason").GetString();
        var usage = json.GetProperty("usage");
        var (prompt, completion) = (usage.GetProperty("prompt_tokens").GetInt32(), usage.GetProperty("completion_tokens").GetInt32());

        Assert.Equal(
            $$$$"""
            {"object":"chat.completion","id":"{{{{id}}}}","created":{{{{created}}}},"model":"tiny",
            "choices":[{"index":0,"message":{"role":"assistant","content":{{{{content}}}},"refusal":null,"annotations":[]},"finish_reason":"{{{{finish}}}}","logprobs":null}],
            "usage":{"prompt_tokens":{{{{prompt}}}},"completion_tokens":{{{{completion}}}},"total_tokens":{{{{prompt + completion}}}},
            "prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},
            "completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},
            "service_tier":"default","system_fingerprint":"fp_{{{{model!.Folder[^10..]}}}}"}
            """.ReplaceLineEndings(""),
            json.GetRawText());
    }

    [Fact]
    public async Task Tokens_of_a_prompt_that_begins_like_one_before_are_counted_as_cached()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);

        var first = await UsageAsync(", \"max_tokens\": 2}");
        var again = await UsageAsync(", \"max_tokens\": 2, \"n\": 2}");

        Assert.Equal(0, CachedOf(first));
        // The last token is read each time: what follows it is wanted.
        Assert.Equal(again.GetProperty("prompt_tokens").GetInt32() - 1, CachedOf(again));
        Assert.InRange(CachedOf(again), 16, 100);

        async Task<JsonElement> UsageAsync(string rest) => (await (await PostAsync(server, rest)).JsonAsync()).GetProperty("usage");
        static int CachedOf(JsonElement usage) => usage.GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32();
    }

    [Fact]
    public async Task A_stream_goes_role_text_finish_usage_done()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);

        var answer = await PostAsync(server, ", \"max_tokens\": 5, \"seed\": 1, \"stream\": true, \"stream_options\": {\"include_usage\": true}}");
        var events = (await answer.Content.ReadAsStringAsync()).Split("\n\n");
        var pieces = events[..^2].Select(line => JsonDocument.Parse(line["data: ".Length..]).RootElement).ToArray();

        Assert.Equal("text/event-stream; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        Assert.All(events[..^1], line => Assert.StartsWith("data: ", line, StringComparison.Ordinal));
        Assert.Equal(["data: [DONE]", ""], events[^2..]);
        Assert.All(pieces, piece => Assert.Equal("chat.completion.chunk", piece.GetProperty("object").GetString()));
        Assert.Single(pieces.Select(piece => piece.GetProperty("id").GetString()).Distinct());
        Assert.Equal(
            """[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"finish_reason":null,"logprobs":null}]""",
            pieces[0].GetProperty("choices").GetRawText());
        Assert.Matches("""^\[\{"index":0,"delta":\{\},"finish_reason":"(stop|length)","logprobs":null\}\]$""", pieces[^2].GetProperty("choices").GetRawText());
        Assert.All(pieces[..^1], piece => Assert.Equal(JsonValueKind.Null, piece.GetProperty("usage").ValueKind));
        Assert.Equal("[]", pieces[^1].GetProperty("choices").GetRawText());
        Assert.InRange(pieces[^1].GetProperty("usage").GetProperty("completion_tokens").GetInt32(), 1, 5);
    }

    [Fact]
    public async Task Without_include_usage_a_stream_says_nothing_of_it()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);

        var text = await (await PostAsync(server, ", \"max_tokens\": 2, \"stream\": true}")).Content.ReadAsStringAsync();

        Assert.DoesNotContain("usage", text, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_limit_of_tokens_ends_an_answer_and_says_so()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);

        // Greedy on random weights: which token ends the answer is known beforehand to be none of the first two.
        var json = await (await PostAsync(server, ", \"max_completion_tokens\": 2, \"temperature\": 0}")).JsonAsync();

        Assert.Equal("length", json.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.Equal(2, json.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
    }

    [Fact]
    public async Task A_stop_text_ends_an_answer_and_is_not_part_of_it()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        var whole = TextOf(await (await PostAsync(server, ", \"max_tokens\": 30, \"temperature\": 0}")).JsonAsync());
        var stop = whole[(whole.Length / 2)..(whole.Length / 2 + 2)];

        var json = await (await PostAsync(server, $", \"max_tokens\": 30, \"temperature\": 0, \"stop\": [{JsonSerializer.Serialize(stop)}]}}")).JsonAsync();

        Assert.Equal(whole[..whole.IndexOf(stop, StringComparison.Ordinal)], TextOf(json));
        Assert.Equal("stop", json.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
    }

    [Fact]
    public async Task Several_answers_differ_and_repeat_with_their_seed()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        const string Settings = ", \"n\": 3, \"max_tokens\": 12, \"seed\": 77}";

        var first = await (await PostAsync(server, Settings)).JsonAsync();
        var again = await (await PostAsync(server, Settings)).JsonAsync();
        var texts = first.GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("message").GetProperty("content").GetString()).ToArray();

        Assert.Equal([0, 1, 2], first.GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("index").GetInt32()));
        Assert.Equal(3, texts.Distinct().Count());
        Assert.Equal(first.GetProperty("choices").GetRawText(), again.GetProperty("choices").GetRawText());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_unknown_model_is_a_404_in_OpenAIs_words(bool stream)
    {
        await using var server = await ApiServer.StartAsync(_azurite);

        var answer = await PostAsync(server, $", \"stream\": {(stream ? "true" : "false")}}}");

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal(
            """{"error":{"message":"The model 'tiny' does not exist","type":"invalid_request_error","param":"model","code":"model_not_found"}}""",
            await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_conversation_that_does_not_fit_is_refused_before_anything_is_streamed(bool stream)
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        var text = string.Join(' ', Enumerable.Repeat("twice", 200));

        var answer = await PostAsync(server, $$""", "messages": [{"role": "user", "content": "{{text}}"}], "stream": {{(stream ? "true" : "false")}}}""");
        var error = await answer.ErrorAsync();

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("context_length_exceeded", error.GetProperty("code").GetString());
        Assert.Equal("messages", error.GetProperty("param").GetString());
        Assert.Matches(
            "^This model's maximum context length is 128 tokens. However, your messages resulted in [0-9]+ tokens. Please reduce the length of the messages.$",
            error.GetProperty("message").GetString());
    }

    [Theory]
    [InlineData("{", "We could not parse the JSON body of your request: ")]
    [InlineData("[]", "Invalid type for 'body': expected an object, but got an array instead.")]
    public async Task A_body_that_is_no_object_of_JSON_is_refused(string body, string message)
    {
        await using var server = await ApiServer.StartAsync(_azurite);

        var answer = await server.Http.PostAsync("/v1/chat/completions", new StringContent(body, Encoding.UTF8, "application/json"));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.StartsWith(message, (await answer.ErrorAsync()).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_our_own_413()
    {
        await using var server = await ApiServer.StartAsync(_azurite, new ApiSettings { MaxJsonBytes = 1000 });

        var answer = await server.Http.PostAsync("/v1/chat/completions", new StringContent(new string(' ', 1001), Encoding.UTF8, "application/json"));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Equal("request_too_large", (await answer.ErrorAsync()).GetProperty("code").GetString());
    }

    private static string TextOf(JsonElement completion) =>
        completion.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;

    /// <param name="rest">What follows model and messages, closing brace included; a repeated field replaces the one before.</param>
    private static Task<HttpResponseMessage> PostAsync(ApiServer server, string rest) =>
        server.Http.PostAsync("/v1/chat/completions", new StringContent(Ask + rest, Encoding.UTF8, "application/json"));
}
