using Serverless.Api.Requests;
using Serverless.Learning;
using Serverless.Learning.Sampling.Grammars;
using Serverless.Learning.Text;

namespace Serverless.Api.Chat;

/// <summary>Reads <c>response_format</c>, of a chat or of a method that draws answers.</summary>
internal static class ResponseFormat
{
    private const string Field = "response_format";
    private const int MaxNameLength = 64;
    private static readonly string[] Types = ["json_object", "json_schema", "text"];

    /// <returns>What the answer may be; null for any text.</returns>
    /// <exception cref="InputError">It is wrong, or JSON is asked for and no message says so.</exception>
    public static Grammar? Read(RequestObject body, IReadOnlyList<ChatMessage> messages)
    {
        var grammar = Read(body);
        return body.Object(Field)?.String("type") != "json_object" || messages.Any(message => message.Content?.Contains("json", StringComparison.OrdinalIgnoreCase) ?? false)
            ? grammar
            : throw new InputError("'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.", "messages", null);
    }

    /// <summary>The same where the prompts are not at hand.</summary>
    /// <exception cref="InputError">It is wrong.</exception>
    public static Grammar? Read(RequestObject parent)
    {
        if (parent.Object(Field) is not { } format)
            return null;
        switch (format.OneOf("type", Types) ?? throw Refusal.Missing(format.PathOf("type")))
        {
            case "json_object":
                return Grammar.JsonObject;
            case "json_schema":
                var schema = format.Object("json_schema") ?? throw Refusal.Missing(format.PathOf("json_schema"));
                var name = NameField.Read(schema, MaxNameLength);
                var strict = schema.Boolean("strict") ?? false;
                return schema.Value("schema") is { } definition
                    ? Grammar.FromSchema(definition, strict, $"{Field} '{name}'", format.Path)
                    : Grammar.JsonObject;
            default:
                return null;
        }
    }
}
