using Serverless.Learning.Grading.Templates;
using Serverless.Learning.Text;

namespace Serverless.Learning.Grading;

/// <summary>What a grading model is asked: messages with templates, and how its answer is drawn.</summary>
internal sealed record ModelInput(
    string Model, IReadOnlyList<(string Role, TextTemplate Content)> Messages, int MaxTokens, double Temperature, double TopP, long Seed)
{
    public IReadOnlyList<string> ItemKeys { get; } = [.. Messages.SelectMany(message => message.Content.ItemKeys).Distinct()];

    /// <summary>The question about one answer, or the fault of a template.</summary>
    /// <param name="instruction">What the last message asks for in the end.</param>
    public (GraderQuestion? Question, GradeFault? Fault) Render(GradingContext context, string field, string instruction)
    {
        var messages = new List<ChatMessage>();
        for (var at = 0; at < Messages.Count; at++)
        {
            if (!Messages[at].Content.TryRender(context, $"{field}[{at}].content", out var text, out var fault))
                return (null, fault);
            messages.Add(new ChatMessage { Role = Messages[at].Role, Content = at == Messages.Count - 1 ? $"{text}\n\n{instruction}" : text });
        }
        return (new GraderQuestion(Model, messages, MaxTokens, Temperature, TopP, Seed), null);
    }
}
