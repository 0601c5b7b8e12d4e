using System.Text.Json;
using Serverless.Api.Chat;
using Serverless.Learning;

namespace Serverless.Api.Tests.Chat;

public sealed class ChatRequestTests
{
    [Fact]
    public void Defaults_are_those_of_OpenAI()
    {
        var request = Read("""{"model": "m", "messages": [{"role": "user", "content": "hi"}]}""");

        Assert.Equal("m", request.Model);
        Assert.Null(request.MaxTokens);
        Assert.Equal(1, request.Temperature);
        Assert.Equal(1, request.TopP);
        Assert.Equal(1, request.Choices);
        Assert.Null(request.Seed);
        Assert.Empty(request.Stop);
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
             "logprobs": false, "presence_penalty": 0, "response_format": {"type": "text"}, "tools": [], "unheard_of": 1}
            """);

        Assert.Equal(["developer", "assistant", "tool"], request.Messages.Select(message => message.Role));
        Assert.Equal("ab", request.Messages[0].Content);
        Assert.Null(request.Messages[1].Content);
        Assert.Equal("""[{"id": "c"}]""", request.Messages[1].ToolCalls!.Value.GetRawText());
        Assert.Equal("c", request.Messages[2].ToolCallId);
        Assert.Equal(7, request.MaxTokens);
        Assert.Equal(0, request.Temperature);
        Assert.Equal(0.5, request.TopP);
        Assert.Equal(2, request.Choices);
        Assert.Equal(-3, request.Seed);
        Assert.Equal(["x", "y"], request.Stop);
        Assert.True(request.Stream);
        Assert.True(request.IncludeUsage);
    }

    [Fact]
    public void The_newer_name_of_the_token_limit_wins() =>
        Assert.Equal(5, Read(With("\"max_tokens\": 9, \"max_completion_tokens\": 5")).MaxTokens);

    [Fact]
    public void A_single_stop_text_may_come_without_array() =>
        Assert.Equal(["END"], Read(With("\"stop\": \"END\"")).Stop);

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
    [InlineData("\"logprobs\": true", "Unsupported parameter: 'logprobs' is not offered by this service yet.", "logprobs")]
    [InlineData("\"presence_penalty\": 0.5", "Unsupported parameter: 'presence_penalty' is not offered by this service yet.", "presence_penalty")]
    [InlineData("\"response_format\": {\"type\": \"json_object\"}", "Unsupported parameter: 'response_format' is not offered by this service yet.", "response_format")]
    [InlineData("\"tools\": [{\"type\": \"function\"}]", "Unsupported parameter: 'tools' is not offered by this service yet.", "tools")]
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
