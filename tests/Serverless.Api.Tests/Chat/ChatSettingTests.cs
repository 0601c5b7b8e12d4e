using System.ClientModel;
using System.Net;
using System.Text;
using System.Text.Json;
using OpenAI.Chat;
using Serverless.Learning.Native;
using Serverless.Tests.Shared;

namespace Serverless.Api.Tests.Chat;

/// <summary>What a request can set about its answers, by the official client where it knows the field.</summary>
public sealed class ChatSettingTests
{
    private const string Schema = """
        {"type": "object", "additionalProperties": false, "required": ["team", "score"],
         "properties": {"team": {"type": "string", "enum": ["billing", "shipping"]}, "score": {"type": "integer", "minimum": 0, "maximum": 9}}}
        """;

    private static readonly ChatMessage[] Ask = [new UserChatMessage("my card was charged twice, answer in json")];

    private readonly AzuriteFixture _azurite;

    public ChatSettingTests(AzuriteFixture azurite)
    {
        _azurite = azurite;
        NativeRuntime.EnsureLoaded();
        NativeRuntime.SetThreads(1);
    }

    [Fact]
    public async Task Log_probabilities_come_with_bytes_and_alternatives_whole_and_streamed()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        var client = server.Client.GetChatClient("tiny");
        var options = new ChatCompletionOptions { MaxOutputTokenCount = 8, IncludeLogProbabilities = true, TopLogProbabilityCount = 3, Temperature = 0 };

        ChatCompletion whole = await client.CompleteChatAsync(Ask, options);
        var streamed = new List<ChatTokenLogProbabilityDetails>();
        await foreach (var update in client.CompleteChatStreamingAsync(Ask, options))
            streamed.AddRange(update.ContentTokenLogProbabilities);

        Assert.NotEmpty(whole.ContentTokenLogProbabilities);
        Assert.Equal(whole.Content[0].Text, Encoding.UTF8.GetString([.. whole.ContentTokenLogProbabilities.SelectMany(token => token.Utf8Bytes!.Value.ToArray())]));
        foreach (var token in whole.ContentTokenLogProbabilities)
        {
            // Greedy: the token drawn is the likeliest.
            Assert.Equal(3, token.TopLogProbabilities.Count);
            Assert.Equal(token.Token, token.TopLogProbabilities[0].Token);
            Assert.Equal(token.LogProbability, token.TopLogProbabilities[0].LogProbability);
            Assert.InRange(token.LogProbability, -20, 0);
        }

        Assert.Equal(
            whole.ContentTokenLogProbabilities.Select(token => (token.Token, token.LogProbability)), streamed.Select(token => (token.Token, token.LogProbability)));
    }

    [Fact]
    public async Task Logprobs_have_exactly_the_fields_that_OpenAI_writes()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);

        var json = await (await PostAsync(server, """{"model": "tiny", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 1, "temperature": 0, "logprobs": true, "top_logprobs": 1}""")).JsonAsync();
        var logprobs = json.GetProperty("choices")[0].GetProperty("logprobs");

        Assert.Matches(
            """^\{"content":\[\{"token":".+","logprob":-[0-9.E-]+,"bytes":\[[0-9,]+\],"top_logprobs":\[\{"token":".+","logprob":-[0-9.E-]+,"bytes":\[[0-9,]+\]\}\]\}\],"refusal":null\}$""",
            logprobs.GetRawText());
    }

    [Fact]
    public async Task A_bias_makes_a_token_the_only_one_and_penalties_count_its_uses()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        const string Rest = """ "messages": [{"role": "user", "content": "hi"}], "max_tokens": 20, "temperature": 0, "logit_bias": {"70": 20}""";

        var all = await TextAsync(server, $$"""{"model": "tiny", {{Rest}}}""");
        var fewer = await TextAsync(server, $$"""{"model": "tiny", {{Rest}}, "frequency_penalty": 2, "presence_penalty": 2}""");

        Assert.Single(all.Distinct());
        Assert.NotEqual(all, fewer);
        Assert.StartsWith(all[..3], fewer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("chat/completions", "\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]")]
    [InlineData("chat/completions", "\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}], \"stream\": true")]
    [InlineData("completions", "\"prompt\": \"hi\"")]
    public async Task A_bias_of_a_token_that_the_model_does_not_have_is_refused(string route, string rest)
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        using var answer = await server.Http.PostAsync($"/v1/{route}", new StringContent($$"""{"model": "tiny", {{rest}}, "logit_bias": {"70": 1, "151643": -100} }""", Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        var error = body.RootElement.GetProperty("error");
        Assert.Matches("^Invalid key in 'logit_bias': found the token 151643; allowed: 0 to ([0-9]+), the model's vocabulary of [0-9]+ tokens\\.$", error.GetProperty("message").GetString());
        Assert.Equal(("logit_bias", "invalid_value"), (error.GetProperty("param").GetString(), error.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task An_answer_in_a_schema_fits_it_whole_and_streamed()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        var client = server.Client.GetChatClient("tiny");
        var options = new ChatCompletionOptions
        {
            Temperature = 2, Seed = 4, ResponseFormat = ChatResponseFormat.CreateJsonSchemaFormat("route", BinaryData.FromString(Schema), jsonSchemaIsStrict: true),
        };

        ChatCompletion whole = await client.CompleteChatAsync(Ask, options);
        var streamed = new StringBuilder();
        await foreach (var update in client.CompleteChatStreamingAsync(Ask, options))
            foreach (var part in update.ContentUpdate)
                streamed.Append(part.Text);

        using var document = JsonDocument.Parse(whole.Content[0].Text);
        Assert.Equal(ChatFinishReason.Stop, whole.FinishReason);
        Assert.Contains(document.RootElement.GetProperty("team").GetString(), new[] { "billing", "shipping" });
        Assert.InRange(document.RootElement.GetProperty("score").GetInt32(), 0, 9);
        Assert.Equal(whole.Content[0].Text, streamed.ToString());
    }

    [Fact]
    public async Task A_schema_that_cannot_be_kept_is_refused_with_its_place()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        var options = new ChatCompletionOptions
        {
            ResponseFormat = ChatResponseFormat.CreateJsonSchemaFormat(
                "route", BinaryData.FromString(Schema.Replace("\"enum\": [\"billing\", \"shipping\"]", "\"not\": {}", StringComparison.Ordinal)), jsonSchemaIsStrict: true),
        };

        var error = await Assert.ThrowsAsync<ClientResultException>(() => server.Client.GetChatClient("tiny").CompleteChatAsync(Ask, options));

        Assert.Equal(400, error.Status);
        Assert.Contains("Invalid schema for response_format 'route': In context=('properties', 'team'), 'not' is not permitted.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_tool_that_must_be_called_is_called_with_arguments_that_fit(bool named)
    {
        await using var server = await ApiServer.StartAsync(_azurite);
        await ToolModel.SeedAsync(server);
        var client = server.Client.GetChatClient(ToolModel.Name);
        var options = new ChatCompletionOptions { Temperature = 2, Seed = 3, AllowParallelToolCalls = false };
        options.Tools.Add(ChatTool.CreateFunctionTool("route", "Routes a ticket.", BinaryData.FromString(Schema), functionSchemaIsStrict: true));
        options.Tools.Add(ChatTool.CreateFunctionTool("refund", "Gives money back.", BinaryData.FromString("""{"type": "object", "properties": {}, "additionalProperties": false}""")));
        options.ToolChoice = named ? ChatToolChoice.CreateFunctionChoice("route") : ChatToolChoice.CreateRequiredChoice();

        ChatCompletion whole = await client.CompleteChatAsync(Ask, options);
        var (name, arguments, ids) = ("", "", new List<string>());
        ChatFinishReason? finish = null;
        await foreach (var update in client.CompleteChatStreamingAsync(Ask, options))
        {
            foreach (var call in update.ToolCallUpdates)
            {
                Assert.Equal(0, call.Index);
                name += call.FunctionName;
                arguments += call.FunctionArgumentsUpdate;
                if (call.ToolCallId is { } id)
                    ids.Add(id);
            }

            finish = update.FinishReason ?? finish;
        }

        var called = Assert.Single(whole.ToolCalls);
        Assert.Empty(whole.Content);
        Assert.Contains(called.FunctionName, named ? ["route"] : new[] { "route", "refund" });
        using var document = JsonDocument.Parse(called.FunctionArguments);
        if (called.FunctionName == "route")
            Assert.InRange(document.RootElement.GetProperty("score").GetInt32(), 0, 9);
        Assert.Matches("^call_[0-9a-f]{24}$", called.Id);
        Assert.Equal((called.FunctionName, called.FunctionArguments.ToString()), (name, arguments));
        Assert.Single(ids);
        Assert.Equal(named ? ChatFinishReason.Stop : ChatFinishReason.ToolCalls, whole.FinishReason);
        Assert.Equal(whole.FinishReason, finish);
    }

    [Theory]
    [InlineData(ToolModel.Opening)]
    [InlineData("<|im_start|>")] // a special token
    public async Task An_answer_that_must_be_JSON_may_be_a_call_instead(string opening)
    {
        await using var server = await ApiServer.StartAsync(_azurite);
        await ToolModel.SeedAsync(server, opening);
        var options = new ChatCompletionOptions
        {
            Temperature = 2, ResponseFormat = ChatResponseFormat.CreateJsonSchemaFormat("route", BinaryData.FromString(Schema), jsonSchemaIsStrict: true),
        };
        options.Tools.Add(ChatTool.CreateFunctionTool("route", "Routes a ticket.", BinaryData.FromString(Schema), functionSchemaIsStrict: true));
        options.AllowParallelToolCalls = false;

        var (answers, calls) = (0, 0);
        for (var seed = 0; seed < 12; seed++)
        {
            options.Seed = seed;
            ChatCompletion answer = await server.Client.GetChatClient(ToolModel.Name).CompleteChatAsync(Ask, options);
            calls += answer.ToolCalls.Count;
            answers += answer.Content.Count;
            using var document = JsonDocument.Parse(answer.ToolCalls.Count > 0 ? answer.ToolCalls[0].FunctionArguments.ToString() : answer.Content[0].Text);
            Assert.InRange(document.RootElement.GetProperty("score").GetInt32(), 0, 9);
        }

        Assert.Equal(12, answers + calls);
        Assert.InRange(calls, 1, 11);
    }

    [Fact]
    public async Task A_model_whose_calls_cannot_be_read_is_not_asked_for_JSON_or_a_call()
    {
        await using var server = await ApiServer.StartAsync(_azurite);
        await ToolModel.SeedAsync(server, opening: null);
        var options = new ChatCompletionOptions { ResponseFormat = ChatResponseFormat.CreateJsonSchemaFormat("route", BinaryData.FromString(Schema), jsonSchemaIsStrict: true) };
        options.Tools.Add(ChatTool.CreateFunctionTool("refund"));

        var error = await Assert.ThrowsAsync<ClientResultException>(() => server.Client.GetChatClient(ToolModel.Name).CompleteChatAsync(Ask, options));

        Assert.Equal(400, error.Status);
        Assert.Contains("'response_format' must be 'text' with this model where 'tools' may be called.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_conversation_with_calls_and_their_results_goes_on()
    {
        await using var server = await ApiServer.StartAsync(_azurite);
        await ToolModel.SeedAsync(server);
        var options = new ChatCompletionOptions { MaxOutputTokenCount = 5 };
        options.Tools.Add(ChatTool.CreateFunctionTool("refund"));
        ChatMessage[] messages =
        [
            new UserChatMessage("refund me"), new AssistantChatMessage([ChatToolCall.CreateFunctionToolCall("call_1", "refund", BinaryData.FromString("{}"))]),
            new ToolChatMessage("call_1", "done"),
        ];

        ChatCompletion answer = await server.Client.GetChatClient(ToolModel.Name).CompleteChatAsync(messages, options);

        Assert.InRange(answer.Usage.OutputTokenCount, 1, 5);
    }

    [Fact]
    public async Task A_model_whose_template_knows_no_tools_is_not_offered_them()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        var options = new ChatCompletionOptions();
        options.Tools.Add(ChatTool.CreateFunctionTool("refund"));

        var error = await Assert.ThrowsAsync<ClientResultException>(() => server.Client.GetChatClient("tiny").CompleteChatAsync(Ask, options));

        Assert.Equal(400, error.Status);
        Assert.Contains("'tools' is not supported with this model, whose chat template does not write tools.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_answers_stream_side_by_side_and_are_those_returned_whole()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        const string Rest = """ "messages": [{"role": "user", "content": "hi"}], "max_tokens": 12, "seed": 8, "n": 12""";

        var whole = (await (await PostAsync(server, $$"""{"model": "tiny", {{Rest}}}""")).JsonAsync()).GetProperty("choices").EnumerateArray()
            .Select(choice => choice.GetProperty("message").GetProperty("content").GetString()).ToArray();
        var text = await (await PostAsync(server, $$"""{"model": "tiny", {{Rest}}, "stream": true}""")).Content.ReadAsStringAsync();
        var streamed = new string[12];
        foreach (var line in text.Split("\n\n")[..^2])
        {
            using var piece = JsonDocument.Parse(line["data: ".Length..]);
            var choice = piece.RootElement.GetProperty("choices")[0];
            if (choice.GetProperty("delta").TryGetProperty("content", out var content))
                streamed[choice.GetProperty("index").GetInt32()] += content.GetString();
        }

        Assert.Equal(whole, streamed);
        Assert.True(whole.Distinct().Count() > 6);
    }

    [Fact]
    public async Task Json_mode_without_the_word_is_refused_as_OpenAI_does()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);

        var answer = await PostAsync(server, """{"model": "tiny", "messages": [{"role": "user", "content": "hi"}], "response_format": {"type": "json_object"}}""");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(
            """{"error":{"message":"'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.","type":"invalid_request_error","param":"messages","code":null}}""",
            await answer.Content.ReadAsStringAsync());
    }

    private static async Task<string> TextAsync(ApiServer server, string body) =>
        (await (await PostAsync(server, body)).JsonAsync()).GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;

    private static Task<HttpResponseMessage> PostAsync(ApiServer server, string body) =>
        server.Http.PostAsync("/v1/chat/completions", new StringContent(body, Encoding.UTF8, "application/json"));
}
