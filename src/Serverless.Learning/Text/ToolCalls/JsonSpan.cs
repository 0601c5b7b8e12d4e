namespace Serverless.Learning.Text.ToolCalls;

/// <summary>Finds where a JSON object or array ends that is followed by something else.</summary>
internal static class JsonSpan
{
    /// <param name="start">The place of its opening bracket.</param>
    /// <returns>The place after its closing bracket, or -1 if the text ends before.</returns>
    public static int End(ReadOnlySpan<char> text, int start)
    {
        var (depth, inString) = (0, false);
        for (var at = start; at < text.Length; at++)
        {
            switch (text[at])
            {
                case '\\' when inString:
                    at++;
                    break;
                case '"':
                    inString = !inString;
                    break;
                case '{' or '[' when !inString:
                    depth++;
                    break;
                case '}' or ']' when !inString && --depth == 0:
                    return at + 1;
            }
        }
        return -1;
    }
}
