using System.Text.RegularExpressions;

namespace Serverless.Service.Models.Hub;

/// <summary>A model's name on the hub, <c>organisation/model</c>.</summary>
public static partial class HubName
{
    /// <summary>Whether the text has that form.</summary>
    public static bool Is(string text) => Form().IsMatch(text);

    // As the hub has them: letters, digits, hyphens, underscores and dots, not at an end and no two dots or hyphens together.
    [GeneratedRegex(@"^(?!.*(--|\.\.))[A-Za-z0-9_]([\w.-]{0,94}[A-Za-z0-9_])?/[A-Za-z0-9_]([\w.-]{0,94}[A-Za-z0-9_])?$", RegexOptions.ECMAScript)]
    private static partial Regex Form();
}
