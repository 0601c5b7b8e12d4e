using Serverless.Api.Requests;
using Serverless.Learning;
using Serverless.Learning.Sampling.Grammars;
using Serverless.Learning.Text;

namespace Serverless.Api.Chat;

/// <summary>Reads <c>response_format</c>.</summary>
internal static class ResponseFormat
{
    private const int MaxNameLength = 64;
    private static readonly string[] Types = ["json_object", "json_schema", "text"];

    /// <returns>What the answer may be; null for any text.</returns>
    public static Grammar? Read(RequestObject body, IReadOnlyList<ChatMessage> messages)
    {
        if (body.Object("response_format") is not { } format)
            return null;
        switch (format.OneOf("type", Types) ?? throw Refusal.Missing(format.PathOf("type")))
        {
            case "json_object":
                return messages.Any(message => message.Content?.Contains("json", StringComparison.OrdinalIgnoreCase) ?? false)
                    ? Grammar.JsonObject
                    : throw new InputError(
                        "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.", "messages", null);
            case "json_schema":
                var schema = format.Object("json_schema") ?? throw Refusal.Missing(format.PathOf("json_schema"));
                var name = NameField.Read(schema, MaxNameLength);
                var strict = schema.Boolean("strict") ?? false;
                return schema.Value("schema") is { } definition
                    ? Grammar.FromSchema(definition, strict, $"response_format '{name}'", "response_format")
                    : Grammar.JsonObject;
            default:
                return null;
        }
    }
}
