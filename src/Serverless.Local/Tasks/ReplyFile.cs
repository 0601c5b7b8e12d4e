namespace Serverless.Local.Tasks;

/// <summary>Writes replies as data sets, one JSON object per line.</summary>
public static class ReplyFile
{
    /// <summary>Chat examples: of the pairs by turns the courteous and the curt reply.</summary>
    public static void WriteMixed(string path, IEnumerable<ReplyPair> pairs) => JsonLines.Write(path, pairs.Select((pair, at) => (object)new
    {
        messages = (object[])[.. Prompt(pair), JsonLines.Message("assistant", at % 2 == 0 ? pair.Courteous : pair.Curt)],
    }));

    /// <summary>Preferences: the courteous reply before the curt one.</summary>
    public static void WritePreferences(string path, IEnumerable<ReplyPair> pairs) => JsonLines.Write(path, pairs.Select(pair => (object)new
    {
        input = new { messages = Prompt(pair) },
        preferred_output = (object[])[JsonLines.Message("assistant", pair.Courteous)],
        non_preferred_output = (object[])[JsonLines.Message("assistant", pair.Curt)],
    }));

    private static object[] Prompt(ReplyPair pair) => [JsonLines.Message("system", ReplySets.SystemPrompt), JsonLines.Message("user", pair.Ticket)];
}
