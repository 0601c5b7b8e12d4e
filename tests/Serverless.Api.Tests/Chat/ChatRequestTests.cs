using System.Text.Json;
using Serverless.Api.Chat;
using Serverless.Learning;
using Serverless.Learning.Sampling;

namespace Serverless.Api.Tests.Chat;

public sealed class ChatRequestTests
{
    [Fact]
    public void Defaults_are_those_of_OpenAI()
    {
        var request = Read("""{"model": "m", "messages": [{"role": "user", "content": "hi"}]}""");

        Assert.Equal("m", request.Model);
        Assert.Equal(new SamplingOptions { MaxTokens = int.MaxValue }, request.Options);
        Assert.Equal(1, request.Choices);
        Assert.Null(request.Seed);
        Assert.False(request.Stream);
        Assert.False(request.IncludeUsage);
    }

    [Fact]
    public void Every_field_arrives()
    {
        var request = Read("""
            {"model": "m", "messages": [{"role": "developer", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
             {"role": "assistant", "tool_calls": [{"id": "c"}]}, {"role": "tool", "content": "4", "tool_call_id": "c"}],
             "max_tokens": 7, "temperature": 0, "top_p": 0.5, "n": 2, "seed": -3, "stop": ["x", "y"], "stream": true, "stream_options": {"include_usage": true},
             "logprobs": true, "top_logprobs": 20, "presence_penalty": -2, "frequency_penalty": 1.5, "logit_bias": {"5": -100, "17": 0.5}, "top_k": 40, "min_p": 0.1,
             "response_format": {"type": "text"}, "tools": [], "unheard_of": 1}
            """);

        Assert.Equal(["developer", "assistant", "tool"], request.Messages.Select(message => message.Role));
        Assert.Equal("ab", request.Messages[0].Content);
        Assert.Null(request.Messages[1].Content);
        Assert.Equal("""[{"id": "c"}]""", request.Messages[1].ToolCalls!.Value.GetRawText());
        Assert.Equal("c", request.Messages[2].ToolCallId);
        Assert.Equal(7, request.Options.MaxTokens);
        Assert.Equal(0, request.Options.Temperature);
        Assert.Equal(0.5, request.Options.TopP);
        Assert.Equal(40, request.Options.TopK);
        Assert.Equal(0.1, request.Options.MinP);
        Assert.Equal(-2, request.Options.PresencePenalty);
        Assert.Equal(1.5, request.Options.FrequencyPenalty);
        Assert.Equal([KeyValuePair.Create(5, -100.0), KeyValuePair.Create(17, 0.5)], request.Options.LogitBias.OrderBy(bias => bias.Key));
        Assert.Equal(20, request.Options.TopScores);
        Assert.Equal(2, request.Choices);
        Assert.Equal(-3, request.Seed);
        Assert.Equal(["x", "y"], request.Options.Stop);
        Assert.True(request.Stream);
        Assert.True(request.IncludeUsage);
    }

    [Fact]
    public void The_newer_name_of_the_token_limit_wins() =>
        Assert.Equal(5, Read(With("\"max_tokens\": 9, \"max_completion_tokens\": 5")).Options.MaxTokens);

    [Fact]
    public void A_single_stop_text_may_come_without_array() =>
        Assert.Equal(["END"], Read(With("\"stop\": \"END\"")).Options.Stop);

    [Theory]
    [InlineData("""{"messages": [{"role": "user", "content": "hi"}]}""", "Missing required parameter: 'model'.", "model")]
    [InlineData("""{"model": "m"}""", "Missing required parameter: 'messages'.", "messages")]
    [InlineData("""{"model": "m", "messages": []}""",
        "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.", "messages")]
    [InlineData("""{"model": "m", "messages": [{"content": "hi"}]}""", "Missing required parameter: 'messages[0].role'.", "messages[0].role")]
    [InlineData("""{"model": "m", "messages": [{"role": "assitant", "content": "hi"}]}""",
        "Invalid value: 'assitant'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.", "messages[0].role")]
    [InlineData("""{"model": "m", "messages": [{"role": "user", "content": null}]}""", "Missing required parameter: 'messages[0].content'.", "messages[0].content")]
    [InlineData("""{"model": "m", "messages": [{"role": "user", "content": 5}]}""",
        "Invalid type for 'messages[0].content': expected a string or an array of objects, but got an integer instead.", "messages[0].content")]
    [InlineData("""{"model": "m", "messages": [{"role": "user", "content": [{"type": "image_url"}]}]}""",
        "Invalid value: 'image_url'. Supported values are: 'text'.", "messages[0].content[0].type")]
    public void A_wrong_conversation_is_refused(string json, string message, string parameter) => Refused(json, message, parameter);

    [Theory]
    [InlineData("\"temperature\": 2.1", "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 2.1 instead.", "temperature")]
    [InlineData("\"top_p\": -0.1", "Invalid 'top_p': decimal below minimum value. Expected a value >= 0, but got -0.1 instead.", "top_p")]
    [InlineData("\"n\": 129", "Invalid 'n': integer above maximum value. Expected a value <= 128, but got 129 instead.", "n")]
    [InlineData("\"max_tokens\": 0", "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.", "max_tokens")]
    [InlineData("\"stop\": [\"a\",\"b\",\"c\",\"d\",\"e\"]", "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length 5 instead.", "stop")]
    [InlineData("\"stop\": 4", "Invalid type for 'stop': expected a string or an array of strings, but got an integer instead.", "stop")]
    [InlineData("\"stream_options\": {\"include_usage\": true}", "The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options")]
    [InlineData("\"logprobs\": 3", "Invalid type for 'logprobs': expected a boolean, but got an integer instead.", "logprobs")]
    [InlineData("\"top_logprobs\": 2", "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", "top_logprobs")]
    [InlineData("\"logprobs\": true, \"top_logprobs\": 21", "Invalid 'top_logprobs': integer above maximum value. Expected a value <= 20, but got 21 instead.", "top_logprobs")]
    [InlineData("\"presence_penalty\": 2.5", "Invalid 'presence_penalty': decimal above maximum value. Expected a value <= 2, but got 2.5 instead.", "presence_penalty")]
    [InlineData("\"frequency_penalty\": -3", "Invalid 'frequency_penalty': decimal below minimum value. Expected a value >= -2, but got -3 instead.", "frequency_penalty")]
    [InlineData("\"logit_bias\": {\"a\": 1}", "Invalid key in 'logit_bias': a. You should only be submitting non-negative integers.", "logit_bias")]
    [InlineData("\"logit_bias\": {\"7\": 101}", "Invalid 'logit_bias.7': decimal above maximum value. Expected a value <= 100, but got 101 instead.", "logit_bias.7")]
    [InlineData("\"min_p\": 1.5", "Invalid 'min_p': decimal above maximum value. Expected a value <= 1, but got 1.5 instead.", "min_p")]
    [InlineData("\"top_k\": -1", "Invalid 'top_k': integer below minimum value. Expected a value >= 0, but got -1 instead.", "top_k")]
    [InlineData("\"n\": 0", "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead.", "n")]
    [InlineData("\"response_format\": {\"type\": \"json_object\"}", "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.", "messages")]
    [InlineData("\"response_format\": {\"type\": \"xml\"}", "Invalid value: 'xml'. Supported values are: 'json_object', 'json_schema', and 'text'.", "response_format.type")]
    [InlineData("\"response_format\": {\"type\": \"json_schema\"}", "Missing required parameter: 'response_format.json_schema'.", "response_format.json_schema")]
    [InlineData("\"response_format\": {\"type\": \"json_schema\", \"json_schema\": {}}", "Missing required parameter: 'response_format.json_schema.name'.", "response_format.json_schema.name")]
    [InlineData("\"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"a b\"}}", "Invalid 'response_format.json_schema.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.", "response_format.json_schema.name")]
    [InlineData("\"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"a\", \"strict\": true, \"schema\": {\"type\": \"object\"}}}", "Invalid schema for response_format 'a': In context=(), 'additionalProperties' is required to be supplied and to be false.", "response_format")]
    [InlineData("\"tools\": [{\"type\": \"function\"}]", "Missing required parameter: 'tools[0].function'.", "tools[0].function")]
    [InlineData("\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"a.b\"}}]", "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.", "tools[0].function.name")]
    [InlineData("\"tools\": [{\"type\": \"retrieval\"}]", "Invalid value: 'retrieval'. Supported values are: 'function'.", "tools[0].type")]
    [InlineData("\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"f\", \"strict\": true, \"parameters\": {\"type\": \"object\", \"properties\": {\"a\": {\"not\": {}}}, \"required\": [\"a\"], \"additionalProperties\": false}}}]", "Invalid schema for function 'f': In context=('properties', 'a'), 'not' is not permitted.", "tools[0].function.parameters")]
    [InlineData("\"tool_choice\": \"auto\"", "'tool_choice' is only allowed when 'tools' are specified.", "tool_choice")]
    [InlineData("\"parallel_tool_calls\": true", "'parallel_tool_calls' is only allowed when 'tools' are specified.", "parallel_tool_calls")]
    [InlineData("\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"f\"}}], \"tool_choice\": \"any\"", "Invalid value: 'any'. Supported values are: 'none', 'auto', and 'required'.", "tool_choice")]
    [InlineData("\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"f\"}}], \"tool_choice\": {\"type\": \"function\", \"function\": {\"name\": \"g\"}}", "Tool choice 'g' not found in 'tools' parameter.", "tool_choice")]
    [InlineData("\"modalities\": [\"text\", \"audio\"]", "Unsupported value: 'modalities' does not support 'audio' in this service yet. Supported values are: 'text'.", "modalities")]
    [InlineData("\"functions\": []", "Unsupported parameter: 'functions' is not offered by this service yet.", "functions")]
    public void A_wrong_setting_is_refused(string field, string message, string parameter) => Refused(With(field), message, parameter);

    private static string With(string field) => $$"""{"model": "m", "messages": [{"role": "user", "content": "hi"}], {{field}}}""";

    private static ChatRequest Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        return ChatRequest.Read(document.RootElement);
    }

    private static void Refused(string json, string message, string parameter)
    {
        var error = Assert.Throws<InputError>(() => Read(json));
        Assert.Equal(message, error.Message);
        Assert.Equal(parameter, error.Parameter);
    }
}
