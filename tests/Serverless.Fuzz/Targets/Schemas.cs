namespace Serverless.Fuzz.Targets;

/// <summary>JSON schemas and their words.</summary>
internal static class Schemas
{
    public static IReadOnlyList<string> All { get; } =
    [
        """{"type":"object","properties":{"a":{"type":"string","maxLength":20},"b":{"type":["integer","null"],"minimum":-5,"maximum":500},"c":{"type":"array","items":{"$ref":"#/$defs/d"},"minItems":1,"maxItems":9}},"required":["a","b","c"],"additionalProperties":false,"$defs":{"d":{"anyOf":[{"type":"boolean"},{"enum":["x",1,null]},{"const":{"y":[1]}}]}}}""",
        """{"type":"object","properties":{"a":{"type":"string","pattern":"^[a-z]{1,5}(-\\d+)?$"},"t":{"type":"string","format":"date-time"},"n":{"$ref":"#"}},"required":["a"],"additionalProperties":false}""",
        """{"type":"string","pattern":"(a|b|[^c])*x{2,30}"}""",
        """{"anyOf":[{"type":"number"},{"type":"string","minLength":2,"format":"uuid"}]}""",
    ];

    public static IReadOnlyList<string> Words { get; } =
    [
        "type", "properties", "required", "items", "enum", "const", "anyOf", "$ref", "#/$defs/d", "#", "minItems", "maxItems", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "pattern",
        "format", "email", "ipv6", "(a{0,1000}){0,1000}", "((((a*)*)*)*)*", "[^a]{1000}", "\\p{L}", "(?=a)", "^", "$", ".{0,1000}", "additionalProperties",
    ];
}
