using System.Text;

namespace Serverless.Learning.Pretraining;

/// <summary>
/// Rewrites documents of plain text as ChatML conversations, so that the last part of pre-training makes the chat tokens familiar:
/// "Question:" and "Answer:" paragraphs become turns after their passage, "Customer:" and "Assistant:" lines become turns, and any other
/// text is asked to be continued after its first paragraph.
/// </summary>
public static class Conversations
{
    private const int MostPassageCharacters = 1200;
    private const string QuestionMark = "Question: ";
    private const string AnswerMark = "Answer: ";
    private const string CustomerMark = "Customer: ";
    private const string AssistantMark = "Assistant: ";

    /// <summary>The document as ChatML text, its special tokens written out.</summary>
    public static string Format(string document)
    {
        if (document.Contains("\n" + AnswerMark, StringComparison.Ordinal)) return QuestionsAndAnswers(document);
        if (document.StartsWith(CustomerMark, StringComparison.Ordinal)) return Dialogue(document);
        return Continuation(document);
    }

    private static string QuestionsAndAnswers(string document)
    {
        var chat = new StringBuilder();
        var passage = new StringBuilder();
        foreach (var paragraph in document.Split("\n\n"))
        {
            var answerAt = paragraph.IndexOf("\n" + AnswerMark, StringComparison.Ordinal);
            if (answerAt < 0 || !paragraph.StartsWith(QuestionMark, StringComparison.Ordinal))
            {
                if (passage.Length > MostPassageCharacters) passage.Clear();
                if (passage.Length > 0) passage.Append("\n\n");
                passage.Append(paragraph);
                continue;
            }
            var question = paragraph[QuestionMark.Length..answerAt];
            Turn(chat, "user", passage.Length > 0 ? $"{passage}\n\n{question}" : question);
            Turn(chat, "assistant", paragraph[(answerAt + 1 + AnswerMark.Length)..]);
            passage.Clear();
        }
        if (passage.Length > 0) chat.Append(Continuation(passage.ToString()));
        return chat.ToString();
    }

    private static string Dialogue(string document)
    {
        var chat = new StringBuilder();
        Turn(chat, "system", "Take the customer's order.");
        foreach (var line in document.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith(CustomerMark, StringComparison.Ordinal)) Turn(chat, "user", line[CustomerMark.Length..]);
            else if (line.StartsWith(AssistantMark, StringComparison.Ordinal)) Turn(chat, "assistant", line[AssistantMark.Length..]);
        }
        return chat.ToString();
    }

    private static string Continuation(string document)
    {
        var chat = new StringBuilder();
        var breakAt = document.IndexOf('\n', StringComparison.Ordinal);
        if (breakAt < 0) breakAt = document.IndexOf(". ", StringComparison.Ordinal) + 1;
        if (breakAt <= 0)
        {
            Turn(chat, "user", document);
            return chat.ToString();
        }
        Turn(chat, "system", "Continue the text.");
        Turn(chat, "user", document[..breakAt].Trim());
        Turn(chat, "assistant", document[breakAt..].Trim());
        return chat.ToString();
    }

    private static void Turn(StringBuilder chat, string role, string content) =>
        chat.Append("<|im_start|>").Append(role).Append('\n').Append(content).Append("<|im_end|>\n");
}
