using System.Text.RegularExpressions;
using Serverless.Api.Requests;
using Serverless.Learning;

namespace Serverless.Api.Chat;

/// <summary>Reads the names of functions and formats, which may have letters, digits, underscores and dashes.</summary>
internal static partial class NameField
{
    public static string Read(RequestObject named, int maxLength)
    {
        var name = named.RequiredString("name", minLength: 1, maxLength);
        return Pattern().IsMatch(name) ? name : throw new InputError(
            $"Invalid '{named.PathOf("name")}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
            named.PathOf("name"), "invalid_value");
    }

    [GeneratedRegex("^[a-zA-Z0-9_-]+\\z")]
    private static partial Regex Pattern();
}
