using System.Text.Json;
using Serverless.Api.Requests;
using Serverless.Learning;

namespace Serverless.Api.Tests.Requests;

public sealed class RequestObjectTests
{
    private static readonly string[] Colours = ["red", "green", "blue"];

    [Fact]
    public void Unknown_fields_are_ignored_and_null_counts_as_absent()
    {
        var body = Body("""{"unheard_of": {"a": 1}, "seed": null}""");

        Assert.Null(body.Integer("seed"));
        Assert.Null(body.String("model"));
    }

    [Fact]
    public void A_missing_field_is_named_with_its_path() =>
        Refused("""{"method": {}}""", body => body.Object("method")!.Value.RequiredString("type"),
            "Missing required parameter: 'method.type'.", "method.type", "missing_required_parameter");

    [Fact]
    public void A_string_where_an_integer_belongs_is_refused() =>
        Refused("""{"seed": "7"}""", body => body.Integer("seed"),
            "Invalid type for 'seed': expected an integer, but got a string instead.", "seed", "invalid_type");

    [Fact]
    public void A_decimal_where_an_integer_belongs_is_refused() =>
        Refused("""{"seed": 7.5}""", body => body.Integer("seed"),
            "Invalid type for 'seed': expected an integer, but got a decimal instead.", "seed", "invalid_type");

    [Fact]
    public void An_integer_below_its_minimum_is_refused() =>
        Refused("""{"seed": -1}""", body => body.Integer("seed", 0, int.MaxValue),
            "Invalid 'seed': integer below minimum value. Expected a value >= 0, but got -1 instead.", "seed", "integer_below_min_value");

    [Fact]
    public void An_integer_above_its_maximum_is_refused() =>
        Refused("""{"seed": 2147483648}""", body => body.Integer("seed", 0, int.MaxValue),
            "Invalid 'seed': integer above maximum value. Expected a value <= 2147483647, but got 2147483648 instead.", "seed", "integer_above_max_value");

    [Fact]
    public void A_decimal_above_its_maximum_is_refused() =>
        Refused("""{"temperature": 2.5}""", body => body.Number("temperature", 0, 2),
            "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 2.5 instead.", "temperature", "decimal_above_max_value");

    [Fact]
    public void A_number_beyond_all_doubles_is_refused() =>
        Refused("""{"temperature": 1e999}""", body => body.Number("temperature"),
            "Invalid value for 'temperature': expected a finite decimal, but got 1e999 instead.", "temperature", "invalid_value");

    [Fact]
    public void A_string_that_is_too_long_is_refused() =>
        Refused("""{"suffix": "abcdef"}""", body => body.String("suffix", 1, 5),
            "Invalid 'suffix': string too long. Expected a string with maximum length 5, but got a string with length 6 instead.", "suffix", "string_above_max_length");

    [Fact]
    public void An_empty_string_is_refused_where_it_may_not_be_empty() =>
        Refused("""{"suffix": ""}""", body => body.String("suffix", 1, 5),
            "Invalid 'suffix': string too short. Expected a string with minimum length 1, but got a string with length 0 instead.", "suffix", "string_below_min_length");

    [Fact]
    public void A_value_outside_its_list_is_refused_with_the_list() =>
        Refused("""{"colour": "pink"}""", body => body.OneOf("colour", Colours),
            "Invalid value: 'pink'. Supported values are: 'red', 'green', and 'blue'.", "colour", "invalid_value");

    [Fact]
    public void An_element_of_an_array_is_named_with_its_index() =>
        Refused("""{"messages": [{"role": "user"}, "hello"]}""", body => body.Objects("messages"),
            "Invalid type for 'messages[1]': expected an object, but got a string instead.", "messages[1]", "invalid_type");

    [Fact]
    public void A_field_inside_an_element_is_named_with_its_whole_path() =>
        Refused("""{"messages": [{"role": 3}]}""", body => body.Objects("messages")![0].String("role"),
            "Invalid type for 'messages[0].role': expected a string, but got an integer instead.", "messages[0].role", "invalid_type");

    [Fact]
    public void A_body_that_is_no_object_is_refused() =>
        Refused("[1]", body => body, "Invalid type for 'body': expected an object, but got an array instead.", "body", "invalid_type");

    private static RequestObject Body(string json) => new(JsonDocument.Parse(json).RootElement, "");

    private static void Refused(string json, Func<RequestObject, object?> read, string message, string parameter, string code)
    {
        var error = Assert.Throws<InputError>(() => read(Body(json)));
        Assert.Equal(message, error.Message);
        Assert.Equal(parameter, error.Parameter);
        Assert.Equal(code, error.Code);
    }
}
