using System.Globalization;
using Serverless.Learning;

namespace Serverless.Api.Requests;

/// <summary>The words in which OpenAI refuses a value, so that people and tools recognise them.</summary>
internal static class Refusal
{
    public static InputError Missing(string path) =>
        new($"Missing required parameter: '{path}'.", path, "missing_required_parameter");

    /// <summary>A field of an object that only this service has, where a slip of the pen would otherwise change what is trained.</summary>
    public static InputError Unknown(string path, IReadOnlyList<string> known) =>
        new($"Unknown parameter: '{path}'. Known there are: {Listed(known)}.", path, "unknown_parameter");

    /// <param name="expected">With its article: <c>a string</c>, <c>an integer</c>.</param>
    /// <param name="found">With its article, or <c>null</c>.</param>
    public static InputError WrongType(string path, string expected, string found) =>
        new($"Invalid type for '{path}': expected {expected}, but got {found} instead.", path, "invalid_type");

    public static InputError NotAmong(string path, string found, IReadOnlyList<string> allowed) =>
        new($"Invalid value: '{found}'. Supported values are: {Listed(allowed)}.", path, "invalid_value");

    public static InputError NotAllowed(string path, string expected, string found) =>
        new($"Invalid value for '{path}': expected {expected}, but got {found} instead.", path, "invalid_value");

    public static InputError IntegerBelow(string path, long minimum, long found) =>
        new($"Invalid '{path}': integer below minimum value. Expected a value >= {minimum}, but got {found} instead.",
            path, "integer_below_min_value");

    public static InputError IntegerAbove(string path, long maximum, long found) =>
        new($"Invalid '{path}': integer above maximum value. Expected a value <= {maximum}, but got {found} instead.",
            path, "integer_above_max_value");

    public static InputError DecimalBelow(string path, double minimum, double found) =>
        new($"Invalid '{path}': decimal below minimum value. Expected a value >= {Text(minimum)}, but got {Text(found)} instead.",
            path, "decimal_below_min_value");

    public static InputError DecimalAbove(string path, double maximum, double found) =>
        new($"Invalid '{path}': decimal above maximum value. Expected a value <= {Text(maximum)}, but got {Text(found)} instead.",
            path, "decimal_above_max_value");

    public static InputError StringTooShort(string path, int minimum, int length) =>
        new($"Invalid '{path}': string too short. Expected a string with minimum length {minimum}, but got a string with length {length} instead.",
            path, "string_below_min_length");

    public static InputError StringTooLong(string path, int maximum, int length) =>
        new($"Invalid '{path}': string too long. Expected a string with maximum length {maximum}, but got a string with length {length} instead.",
            path, "string_above_max_length");

    public static InputError EmptyArray(string path) =>
        new($"Invalid '{path}': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            path, "empty_array");

    public static InputError ArrayTooLong(string path, int maximum, int length) =>
        new($"Invalid '{path}': array too long. Expected an array with maximum length {maximum}, but got an array with length {length} instead.",
            path, "array_above_max_length");

    public static InputError TooManyProperties(string path, int maximum, int count) =>
        new($"Invalid '{path}': too many properties. Expected an object with at most {maximum} properties, but got an object with {count} properties instead.",
            path, "object_above_max_properties");

    /// <summary>A parameter that OpenAI knows and this service does not offer yet: refused rather than silently dropped.</summary>
    public static InputError NotOffered(string path) =>
        new($"Unsupported parameter: '{path}' is not offered by this service yet.", path, "unsupported_parameter");

    /// <summary>A value that belongs to the API and that this service cannot serve yet.</summary>
    /// <param name="supported">What it can, quoted and joined.</param>
    public static InputError NotYet(string path, string found, string supported) =>
        new($"Unsupported value: '{path}' does not support '{found}' in this service yet. Supported values are: {supported}.",
            path, "unsupported_value");

    /// <summary>A number as a person writes it.</summary>
    public static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Listed(IReadOnlyList<string> allowed) => allowed.Count switch
    {
        1 => $"'{allowed[0]}'",
        2 => $"'{allowed[0]}' and '{allowed[1]}'",
        _ => $"{string.Join(", ", allowed.SkipLast(1).Select(value => $"'{value}'"))}, and '{allowed[^1]}'",
    };
}
